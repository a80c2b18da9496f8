import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { journalPath } from '../../../src/runs/run-files.js';
import { cleanEnvironment } from '../../support/pty.js';
import type { Dialect } from '../cases.js';
import { openPlace, type Place } from '../place.js';
import { readJournal } from '../run-view.js';
import { effectsText } from '../witness.js';
import { differences, recordOf, type WorldRecord } from './record.js';

/** A place that can be brought into a state by what operators type, and tells whether anything was changed. */
export interface Scene extends Place {
  readonly dialect: Dialect;
  readonly addressOf: (node: string) => string;
  /** talosctl and kubectl of the lab. @throws Error with what the program said */
  readonly type: (program: 'talosctl' | 'kubectl', ...args: readonly string[]) => Promise<string>;
  /** A patch of a machine configuration, without a reboot. */
  readonly patch: (node: string, patch: object | string) => Promise<void>;
  readonly create: (...objects: readonly object[]) => Promise<void>;
  readonly observe: () => Observation;
}

export interface Observation {
  readonly world: WorldRecord;
  readonly effects: string;
  readonly files: readonly string[];
}

/** Real time: nothing but what is ordered happens while a trial looks. */
const UNHURRIED = 1;

export async function openScene(scenario: string, dialect: Dialect, seed: number): Promise<Scene> {
  const place = await openPlace({
    ...{ scenario, seed, timeScale: UNHURRIED },
    talos: dialect.version,
  });
  const { world } = place.lab.handle;
  const addressOf = (name: string): string => {
    const node = world.nodes.get(name);
    if (node === undefined) throw new Error(`The lab has no ${name}.`);
    return node.address;
  };
  const type: Scene['type'] = async (program, ...args) => {
    const path = join(place.home, 'lab', 'bin', program);
    const env = cleanEnvironment(place.env);
    const { stdout } = await promisify(execFile)(path, [...args], { env });
    return stdout;
  };
  return {
    ...place,
    dialect,
    addressOf,
    type,
    async patch(node, patch) {
      const text = typeof patch === 'string' ? patch : JSON.stringify(patch);
      const target = ['--nodes', addressOf(node), 'patch', 'mc', '--mode=no-reboot'];
      await type('talosctl', ...target, '--patch', text);
    },
    async create(...objects) {
      for (const object of objects) await createText(place, JSON.stringify(object));
      // What follows from it is not to be taken for the doing of a trial.
      await place.change('advance 30');
    },
    observe: () => ({
      world: recordOf(world),
      effects: effectsText(place.witness.effects()),
      files: snapshotsIn(place.stateDir),
    }),
  };
}

function createText(place: Place, text: string): Promise<void> {
  const path = join(place.home, 'lab', 'bin', 'kubectl');
  return new Promise((done, fail) => {
    const child = execFile(
      path,
      ['create', '-f', '-'],
      { env: cleanEnvironment(place.env) },
      (error) => (error === null ? done() : fail(error)),
    );
    child.stdin?.end(text);
  });
}

const snapshotsIn = (stateDir: string): readonly string[] => {
  const directory = join(stateDir, 'snapshots');
  return existsSync(directory) ? readdirSync(directory, { recursive: true }).map(String) : [];
};

/** What an observation says that one before it did not. */
export function changesSince(before: Observation, after: Observation): readonly string[] {
  const files = after.files.filter((file) => !before.files.includes(file));
  return [
    ...differences(before.world, after.world).map((name) => `${name} is not as it was`),
    ...(before.effects === after.effects ? [] : [`the world saw ${after.effects}`]),
    ...files.map((file) => `${file} was written`),
  ];
}

const CLOSING: readonly string[] = ['succeeded', 'failed', 'cancelled'];

/** Runs whose journal has no last word. */
export function openRunsIn(stateDir: string): readonly string[] {
  const runs = join(stateDir, 'runs');
  return (existsSync(runs) ? readdirSync(runs) : []).filter((id) => {
    const last = readJournal(journalPath(join(runs, id))).findLast(({ type }) => type !== 'note');
    return last === undefined || !CLOSING.includes(last.type);
  });
}
