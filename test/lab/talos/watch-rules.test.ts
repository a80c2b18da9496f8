import { expect, test } from 'vitest';
import { Collection, type Desired } from '../../../src/lab/talos/collection.js';
import {
  type Outlet,
  Watch,
  type WatchEvent,
  type WatchOptions,
  type WatchResponse,
} from '../../../src/lab/talos/watch.js';

const IDENTITY = { namespace: 'runtime', type: 'Things.talos.dev', owner: 'test' };
const COOKIE = Buffer.from('12345678');

const thing = (id: string, yaml: string, labels: Record<string, string> = {}): Desired => ({
  id,
  yaml,
  labels,
});

/** A stream whose reader can be made slow. */
class Reader implements Outlet<WatchResponse> {
  readonly frames: WatchResponse[] = [];
  isReady = true;
  #listener: () => void = () => {};

  write(frame: WatchResponse): void {
    this.frames.push(frame);
  }

  onReady(listener: () => void): void {
    this.#listener = listener;
  }

  onClose(): void {}

  readOn(): void {
    this.isReady = true;
    this.#listener();
  }

  events(): readonly WatchEvent[] {
    return this.frames.flatMap(({ event }) => event);
  }
}

const NO_OPTIONS: WatchOptions = {
  bootstrap_contents: true,
  tail_events: 0,
  label_query: [],
  id_query: null,
  aggregated: false,
  bootstrap_bookmark: false,
};

function watch(collection: Collection, options: Partial<WatchOptions> = {}): Reader {
  const reader = new Reader();
  const request = {
    namespace: IDENTITY.namespace,
    type: IDENTITY.type,
    options: { ...NO_OPTIONS, ...options },
    api_version: 1,
  };
  new Watch(collection, COOKIE, request, reader).start();
  return reader;
}

test('through a label filter, an update that starts to match is a creation, one that stops a destruction', () => {
  const collection = new Collection(IDENTITY, [thing('a', 'n: 1\n')], 0);
  const query = [{ terms: [{ key: 'on', op: 'EXISTS', value: [], invert: false }] }];
  const reader = watch(collection, { label_query: query });
  collection.apply([thing('a', 'n: 2\n', { on: '' })], 1);
  collection.apply([thing('a', 'n: 3\n', { on: '' })], 2);
  collection.apply([thing('a', 'n: 4\n')], 3);

  expect(reader.events().map(({ event_type, old }) => [event_type, old !== undefined])).toEqual([
    ['BOOTSTRAPPED', false],
    ['CREATED', false],
    ['UPDATED', true],
    ['DESTROYED', false],
  ]);
});

test('a slow reader gets everything in order when it reads on', () => {
  const collection = new Collection(IDENTITY, [], 0);
  const reader = watch(collection);
  reader.isReady = false;
  for (let n = 1; n <= 50; n += 1) collection.apply([thing('a', `n: ${n}\n`)], n);
  expect(reader.events()).toHaveLength(1);
  reader.readOn();

  const texts = reader
    .events()
    .slice(1)
    .map(({ resource }) => resource?.spec.yaml_spec);
  expect(texts).toEqual(Array.from({ length: 50 }, (_, index) => `n: ${index + 1}\n`));
});

test('a reader that was lapped is told once and then hears nothing more', () => {
  const collection = new Collection(IDENTITY, [], 0);
  const reader = watch(collection);
  reader.isReady = false;
  for (let n = 1; n <= 150; n += 1) collection.apply([thing('a', `n: ${n}\n`)], n);
  reader.readOn();
  collection.apply([thing('a', 'n: later\n')], 200);

  expect(reader.events().slice(1)).toMatchObject([
    {
      event_type: 'ERRORED',
      error: expect.stringMatching(
        /^buffer overrun: namespace "runtime" type "Things\.talos\.dev"/,
      ),
    },
  ]);
});

test('a bookmark that has left the history is refused', () => {
  const collection = new Collection(IDENTITY, [], 0);
  const bookmark = watch(collection).events()[0]?.bookmark ?? Buffer.alloc(0);
  const resume = () =>
    watch(collection, {
      bootstrap_contents: false,
      start_from_bookmark: bookmark,
      _start_from_bookmark: 'start_from_bookmark',
    });
  for (let n = 1; n <= 90; n += 1) collection.apply([thing('a', `n: ${n}\n`)], n);
  expect(resume().events()).toHaveLength(90);
  for (let n = 91; n <= 120; n += 1) collection.apply([thing('a', `n: ${n}\n`)], n);

  expect(resume).toThrow('invalid watch bookmark');
});

test('a tail shows the last events before the live ones', () => {
  const collection = new Collection(IDENTITY, [], 0);
  for (let n = 1; n <= 9; n += 1) collection.apply([thing('a', `n: ${n}\n`)], n);
  const reader = watch(collection, { bootstrap_contents: false, tail_events: 2 });
  collection.apply([thing('a', 'n: 10\n')], 10);

  expect(reader.events().map(({ resource }) => resource?.spec.yaml_spec)).toEqual([
    'n: 8\n',
    'n: 9\n',
    'n: 10\n',
  ]);
});

test('a bookmark can be had without the contents', () => {
  const collection = new Collection(IDENTITY, [thing('a', 'n: 1\n')], 0);
  const reader = watch(collection, { bootstrap_contents: false, bootstrap_bookmark: true });

  expect(reader.events()).toMatchObject([
    { event_type: 'NOOP', resource: { spec: { yaml_spec: '' } } },
  ]);
  expect(reader.events()[0]?.bookmark).toHaveLength(16);
});

test('nothing happens when nothing changes', () => {
  const collection = new Collection(IDENTITY, [thing('a', 'n: 1\n', { x: 'y' })], 0);
  const reader = watch(collection);
  collection.apply([thing('a', 'n: 1\n', { x: 'y' })], 5);

  expect(reader.events().map(({ event_type }) => event_type)).toEqual(['CREATED', 'BOOTSTRAPPED']);
});
