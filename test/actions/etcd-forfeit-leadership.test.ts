import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { etcdForfeitLeadership } from '../../src/actions/etcd-forfeit-leadership.js';
import { memberOf } from '../../src/lab/world/etcd.js';
import type { World } from '../../src/lab/world/types.js';
import { mapReading } from '../../src/model/reading.js';
import { trialOf } from '../soak/choices.js';
import { createDice } from '../soak/dice.js';
import { createFaults } from '../soak/faults.js';
import { type Common, createCommon } from '../soak/sim.js';
import { trial } from '../soak/trial.js';
import { addressOf, failed, memberIdOf } from '../support/builders.js';
import { aPlanContext, withNode } from '../support/plan-contexts.js';

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

test('a member that does not lead is refused, and the one that leads is named', async () => {
  const { ending, world } = await forfeit('talos-cp-01');
  expect(ending).toBe('refused: talos-cp-01 does not lead etcd: talos-cp-02 does.');
  expect(world.etcd.leaderId).toBe(memberOf(world, 'talos-cp-02')?.id);
});

test('the plan says who leads now, and what is not known of it', () => {
  const linesOf = (node: string, leader: number | null) => {
    const context = aPlanContext(undefined, { answers: { node } });
    const led = [1, 2, 3].reduce(
      (each, number) =>
        withNode(each, addressOf(number), ({ etcd }) => ({
          etcd:
            leader === null
              ? failed()
              : mapReading(etcd, (status) => ({ ...status, leaderId: memberIdOf(leader) })),
        })),
      context,
    );
    const planned = etcdForfeitLeadership.plan(led);
    return planned.kind === 'plan' ? planned.lines : planned;
  };

  expect(linesOf('cp-2', 2)).toEqual(['cp-2 leads etcd now']);
  expect(linesOf('cp-1,cp-2,w-4', 2)).toEqual([
    'cp-1 does not lead etcd: cp-2 does',
    'cp-2 leads etcd now',
    'w-4 is a worker: it has no etcd member',
  ]);
  expect(linesOf('cp-1', null)).toEqual([
    'whether cp-1 leads etcd is not known at the moment: the run looks first',
  ]);
  expect(linesOf('cp-1,cp-3', 2)).toEqual({
    kind: 'refusal',
    reason: 'cp-1 and cp-3 do not lead etcd: cp-2 does.',
    hint: 'There is nothing to do. To move the lead away from its leader, name cp-2.',
    gate: null,
  });
});

test('a talosctl that is too far from the cluster holds the plan, whoever leads', () => {
  const context = aPlanContext(undefined, { answers: { node: 'cp-3' } });
  const talosctl = { state: 'usable', version: 'v1.10.5' } as const;
  const planned = etcdForfeitLeadership.plan({
    ...context,
    facts: { ...context.facts, talosctl },
  });
  expect(planned).toMatchObject({
    kind: 'plan',
    gates: expect.arrayContaining([
      expect.objectContaining({
        id: 'G-BIN',
        state: 'red',
        text: 'talosctl v1.10.5 is more than 1 minor version away from v1.12.4',
      }),
    ]),
  });
});

test('a worker is refused: it has no etcd member', async () => {
  const { ending } = await forfeit('talos-w-01');
  expect(ending).toBe('refused: talos-w-01 has no etcd member.');
});
