import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DIALECTS } from '../proof/cases.js';
import { IMAGES } from '../proof/refusals/images.js';
import { REQUESTS } from '../proof/refusals/requests.js';
import { openScene, type Scene } from '../proof/refusals/scene.js';
import { SIZES_AND_VERSIONS } from '../proof/refusals/sizes.js';
import { askedWith, type Condition, type Trial } from '../proof/refusals/trial.js';
import { tryOne } from '../proof/refusals/tried.js';

process.env.TALOS_TUI_E2E_PROGRAM ??= resolve(import.meta.dirname, '../../bin/talos-tui.js');

/** A busy machine is no failure. */
const PATIENCE_MS = 120_000;

const [legacy] = DIALECTS;
let scene: Scene;

beforeAll(async () => {
  scene = await openScene('healthy', legacy, 1);
});

afterAll(() => scene.close());

/** `npm run prove -- refusals` tries all of them, with every action and both kinds of Talos. */
const TITLES = [
  'target that does not exist',
  'unknown answer',
  'missing answer',
  'size that shrinks',
  'size that exceeds the pool',
  'version that is none',
  'version that skips a minor',
  'version that goes back',
  'schematic of which nothing is known',
  'extensions that would be lost',
];

const ofTitle = (title: string): Trial => {
  const conditions: readonly Condition[] = [REQUESTS, SIZES_AND_VERSIONS, ...IMAGES.slice(0, 1)];
  for (const { trials } of conditions) {
    const found = trials(legacy, scene).find((trial) => trial.title === title);
    if (found !== undefined) return found;
  }
  throw new Error(`No trial "${title}".`);
};

test.each(TITLES)(
  '%s: refused with reason and next step, and nothing is changed',
  async (title) => {
    expect((await tryOne(ofTitle(title), scene)).problems).toEqual([]);
  },
);

test('a gate that may not be passed holds whatever is overridden, and nothing is changed', {
  timeout: PATIENCE_MS,
}, async () => {
  await scene.change('lock-vm 104 backup');
  const outcome = await tryOne(
    {
      title: 'override of a gate that cannot be overridden',
      args: [...askedWith(legacy, 'reboot-node', 'node=talos-w-01'), '--override', 'G-PVEVM'],
      exit: 3,
      gate: 'G-PVEVM',
      says: /VM 104 is locked/,
      next: /G-PVEVM cannot be overridden/,
    },
    scene,
  );
  await scene.change('unlock-vm 104');
  expect(outcome.problems).toEqual([]);
});
