import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { etcdForfeitLeadership } from '../../src/actions/etcd-forfeit-leadership.js';
import { memberOf } from '../../src/lab/world/etcd.js';
import type { World } from '../../src/lab/world/types.js';
import { trialOf } from '../soak/choices.js';
import { createDice } from '../soak/dice.js';
import { createFaults } from '../soak/faults.js';
import { type Common, createCommon } from '../soak/sim.js';
import { trial } from '../soak/trial.js';

let directory: string;
let common: Common;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'talos-tui-forfeit-'));
  common = await createCommon(directory);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function forfeit(node: string): Promise<{ readonly ending: string; readonly world: World }> {
  let seen: World | null = null;
  const plan = trialOf({
    action: 'etcd-forfeit-leadership',
    size: '3+1',
    answers: { node },
    changes: ['etcd-leader talos-cp-02'],
  });
  const result = await trial(
    common,
    1,
    plan,
    (world, clock) => {
      seen = world;
      return createFaults(world, createDice(1), plan.faults, clock);
    },
    etcdForfeitLeadership,
  );
  if (seen === null) throw new Error('There was no world.');
  expect(result.violations).toEqual([]);
  return { ending: `${result.outcome}: ${result.ending}`, world: seen };
}

test('the leader hands over to another member, and the run proves it', async () => {
  const { ending, world } = await forfeit('talos-cp-02');
  expect(ending).toMatch(/^succeeded: /);
  expect(world.etcd.leaderId).not.toBe(memberOf(world, 'talos-cp-02')?.id);
});

test('a member that does not lead has nothing to do', async () => {
  const { ending, world } = await forfeit('talos-cp-01');
  expect(ending).toMatch(/^succeeded: /);
  expect(world.etcd.leaderId).toBe(memberOf(world, 'talos-cp-02')?.id);
});

test('a worker is refused: it has no etcd member', async () => {
  const { ending } = await forfeit('talos-w-01');
  expect(ending).toBe('refused: talos-w-01 has no etcd member.');
});
