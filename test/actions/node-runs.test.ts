import { expect, test } from 'vitest';
import { cordon } from '../../src/actions/cordon.js';
import { drain } from '../../src/actions/drain.js';
import { etcdForfeitLeadership } from '../../src/actions/etcd-forfeit-leadership.js';
import { fingerprint } from '../../src/actions/fingerprint.js';
import { rebootNode } from '../../src/actions/reboot-node.js';
import { resizeEphemeral } from '../../src/actions/resize-ephemeral.js';
import { rollbackNode } from '../../src/actions/rollback-node.js';
import type { Action, Answers, Plan } from '../../src/actions/types.js';
import { uncordon } from '../../src/actions/uncordon.js';
import { ClientError, CommandFailed } from '../../src/model/errors.js';
import { fresh, knownValue } from '../../src/model/reading.js';
import { perform } from '../../src/runs/perform.js';
import { GIB } from '../support/builders.js';
import { memoryJournal } from '../support/memory-journal.js';
import { NodeWorld } from '../support/node-world.js';
import { anEngine } from '../support/run-world.js';

function planOf(action: Action, world: NodeWorld, answers: Answers): Plan {
  const planned = action.plan(world.context(answers));
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  return planned;
}

/** One process of a run: what it is left in, or `killed`. */
async function processOf(
  action: Action,
  world: NodeWorld,
  answers: Answers,
  cancelledAfter: string | null = null,
) {
  const plan = planOf(action, world, answers);
  const cancel = new AbortController();
  const journal = memoryJournal((entry) => {
    if (entry.type === 'done' && entry.step === cancelledAfter) cancel.abort();
  });
  const engine = anEngine(plan, { journal, cancel: cancel.signal });
  const { clients, ...doors } = world.doors(plan.answers);
  try {
    const outcome = await perform(plan, {
      ...engine,
      ...doors,
      replan: (context) => action.plan(context),
      context: { ...engine.context, ...clients },
    });
    return { outcome, plan, journal };
  } catch (error) {
    if (error instanceof Error && error.message === 'killed') {
      return { outcome: 'killed', plan, journal } as const;
    }
    throw error;
  }
}

const ended = (journal: ReturnType<typeof memoryJournal>) => JSON.stringify(journal.entries.at(-1));

interface Case {
  readonly action: Action;
  readonly answers: Answers;
  readonly world: () => NodeWorld;
  /** Of a whole run; published with the kills (docs/reliability.md). */
  readonly effects: number;
  /** Effects that a second time would do harm. */
  readonly once: RegExp;
  readonly isReached: (world: NodeWorld) => void;
}

const isFree = (world: NodeWorld): void => {
  expect(world.nodes.filter(({ isUnschedulable }) => isUnschedulable)).toEqual([]);
  expect(world.nodes.filter(({ annotations }) => Object.keys(annotations).length > 0)).toEqual([]);
};

const CASES: Readonly<Record<string, Case>> = {
  'reboot-node of a worker and a control plane': {
    action: rebootNode,
    answers: { node: 'w-4,cp-3', snapshot: 'no' },
    world: () => new NodeWorld(),
    effects: 12,
    once: /^reboot/,
    isReached(world) {
      expect(world.nodes.map(({ boot }) => boot)).toEqual([1, 1, 2, 2, 1]);
      isFree(world);
    },
  },
  'resize-ephemeral of two nodes': {
    action: resizeEphemeral,
    answers: { node: 'w-4,w-5', size: '40G' },
    world: () => new NodeWorld(),
    effects: 14,
    once: /^reboot/,
    isReached(world) {
      expect(world.nodes.map(({ boot }) => boot)).toEqual([1, 1, 1, 2, 2]);
      expect(world.node('w-4').ephemeralBytes).toBeGreaterThan(36 * GIB);
      isFree(world);
    },
  },
  'rollback-node': {
    action: rollbackNode,
    answers: { node: 'w-5', to: 'v1.12.3' },
    world() {
      const world = new NodeWorld();
      world.node('w-5').previousVersion = 'v1.12.3';
      return world;
    },
    effects: 6,
    once: /^rollback/,
    isReached(world) {
      expect(world.node('w-5')).toMatchObject({ version: 'v1.12.3', boot: 2 });
      isFree(world);
    },
  },
};

for (const [name, { action, answers, world: make, effects, once, isReached }] of Object.entries(
  CASES,
)) {
  test(`${name} runs to its end, and a second run of it finds everything done`, async () => {
    const world = make();
    const first = await processOf(action, world, answers);
    expect(`${first.outcome} ${ended(first.journal)}`).toMatch(/^succeeded /);
    isReached(world);

    const count = world.effects.length;
    const second = await processOf(action, world, first.plan.answers);
    expect(second.outcome).toBe('succeeded');
    expect(fingerprint(second.plan)).toBe(fingerprint(first.plan));
    expect(world.effects.slice(count)).toEqual([]);
  });

  test(`${name} goes on after a kill at every effect, and does nothing twice`, async () => {
    const whole = make();
    await processOf(action, whole, answers);
    expect(whole.effects).toHaveLength(effects);
    for (let at = 1; at <= whole.effects.length; at += 1) {
      for (const side of ['before', 'after'] as const) {
        const world = make();
        world.onEffect = (number, when) => {
          if (number === at && when === side) throw new Error('killed');
        };
        const killed = await processOf(action, world, answers);
        expect(killed.outcome).toBe('killed');
        world.onEffect = () => undefined;
        const resumed = await processOf(action, world, killed.plan.answers);
        expect(`${at} ${side} ${resumed.outcome} ${ended(resumed.journal)}`).toContain('succeeded');
        expect(fingerprint(resumed.plan)).toBe(fingerprint(killed.plan));
        isReached(world);
        const repeated = world.effects.filter(
          (effect, index) => once.test(effect) && world.effects.indexOf(effect) !== index,
        );
        expect(repeated).toEqual([]);
      }
    }
  });
}

test('leaves a cordon of somebody else as it is', async () => {
  const world = new NodeWorld();
  world.node('w-4').isUnschedulable = true;
  const { outcome } = await processOf(rebootNode, world, { node: 'w-4' });

  expect(outcome).toBe('succeeded');
  expect(world.node('w-4')).toMatchObject({ isUnschedulable: true, annotations: {}, boot: 2 });
});

test('leaves a cordon of an earlier run as it is, and does not wait for its end', async () => {
  const world = new NodeWorld();
  await processOf(drain, world, { node: 'w-4' });
  const mark = Object.values(world.node('w-4').annotations)[0];
  const { outcome, plan } = await processOf(rebootNode, world, { node: 'w-4' });

  expect(outcome).toBe('succeeded');
  expect(plan.lines).toContain('   w-4 is cordoned already and stays so');
  expect(world.node('w-4')).toMatchObject({ isUnschedulable: true, boot: 2 });
  expect(Object.values(world.node('w-4').annotations)).toEqual([mark]);
});

test('names who cordoned a node before, in every step that leaves it alone', async () => {
  const evidenceOn = async (annotations: Readonly<Record<string, string>>) => {
    const world = new NodeWorld();
    Object.assign(world.node('w-4'), { isUnschedulable: true, annotations });
    const { journal } = await processOf(rebootNode, world, { node: 'w-4' });
    return journal.entries.flatMap((entry) =>
      entry.type === 'already-done' && /^(mark|cordon|uncordon)-/.test(entry.step)
        ? [`${entry.step}: ${entry.evidence}`]
        : [],
    );
  };

  expect(await evidenceOn({ 'talos-tui/cordoned-by': '20261120T101500Z-drain' })).toEqual([
    'mark-w-4: cordoned by 20261120T101500Z-drain, and stays so',
    'cordon-w-4: cordoned by 20261120T101500Z-drain, and stays so',
    'uncordon-w-4: left cordoned: 20261120T101500Z-drain did it',
  ]);
  expect(await evidenceOn({ 'talos.dev/cordoned': 'true' })).toContain(
    'cordon-w-4: cordoned by Talos itself, and stays so',
  );
  expect(await evidenceOn({})).toContain('cordon-w-4: cordoned by somebody else, and stays so');
});

/** The sentences about what a failed run has left. */
const leftBy = (journal: ReturnType<typeof memoryJournal>): string => {
  const last = journal.entries.at(-1);
  return last?.type === 'failed' ? last.state : JSON.stringify(last);
};

/** Where a run stops is where its mark stays: it is named, and the one command that takes it off. */
async function cancelledState(action: Action, step: string, world = new NodeWorld()) {
  const { journal } = await processOf(action, world, { node: 'w-4' }, step);
  const last = journal.entries.at(-1);
  if (last?.type !== 'cancelled') throw new Error(JSON.stringify(last));
  return last.state;
}
const TAKE_OFF = '`talos-tui run uncordon --set node=w-4`';

test('a run that is cancelled between mark and cordon says that the mark stays', async () => {
  expect(await cancelledState(drain, 'mark-w-4')).toContain(
    `w-4: marked 20261120T120000Z-drain, not cordoned. The annotation talos-tui/cordoned-by is still on it: resume the run to finish it, or take it off with ${TAKE_OFF}.`,
  );
});

test('a run that is cancelled on a cordoned node names its mark with the cordon', async () => {
  for (const step of ['cordon-w-4', 'drain-w-4', 'reboot-w-4']) {
    expect(await cancelledState(rebootNode, step)).toContain(
      `w-4: cordoned, marked 20261120T120000Z-reboot-node. It takes no new pods: resume the run to finish it, or ${TAKE_OFF}, which takes its mark off as well.`,
    );
  }
});

test('a run that is cancelled before it takes a mark off says that it is still there', async () => {
  expect(await cancelledState(rebootNode, 'uncordon-w-4')).toContain(
    'w-4: marked 20261120T120000Z-reboot-node, not cordoned. The annotation',
  );
  const world = new NodeWorld();
  await processOf(drain, world, { node: 'w-4' });
  expect(await cancelledState(uncordon, 'uncordon-w-4', world)).toContain(
    'w-4: marked 20261120T120000Z-drain, not cordoned. The annotation',
  );
});

test('a run that is cancelled after its mark was taken off does not speak of it', async () => {
  expect(await cancelledState(rebootNode, 'unmark-w-4')).not.toMatch(
    /w-4: |talos-tui\/cordoned-by/,
  );
});

test('a run that is cancelled on a node of somebody else claims no mark there', async () => {
  const world = new NodeWorld();
  const annotations = { 'talos-tui/cordoned-by': '20261120T101500Z-drain' };
  Object.assign(world.node('w-4'), { isUnschedulable: true, annotations });
  expect(await cancelledState(rebootNode, 'drain-w-4', world)).not.toContain('marked');
});

test('a node that could not be marked is not called marked', async () => {
  const world = new NodeWorld();
  world.node('w-4').refusals = 1;
  const { outcome, journal } = await processOf(drain, world, { node: 'w-4' });

  expect(outcome).toBe('failed');
  expect(world.node('w-4').annotations).toEqual({});
  expect(leftBy(journal)).not.toMatch(/w-4:|marked, /);
});

test('a mark whose command failed after it was set is told as what it is', async () => {
  const world = new NodeWorld();
  world.onEffect = (number, side) => {
    if (number === 1 && side === 'after') {
      throw new CommandFailed(['kubectl'], 1, 'connection reset', 'Wait a moment.');
    }
  };
  const { outcome, journal } = await processOf(drain, world, { node: 'w-4' });

  expect(outcome).toBe('failed');
  expect(leftBy(journal)).toContain('w-4: marked 20261120T120000Z-drain, not cordoned.');
});

test('a reboot that was refused leaves a cordoned node, and none that reboots', async () => {
  const world = new NodeWorld();
  world.onEffect = (_, side) => {
    if (side === 'after' && world.effects.at(-1) === 'drain w-4 w-4')
      world.node('w-4').refusals = 1;
  };
  const { outcome, journal } = await processOf(rebootNode, world, { node: 'w-4' });

  expect(`${outcome} ${world.effects.join()}`).toMatch(/^failed .*drain w-4 w-4$/);
  expect(leftBy(journal)).not.toContain('w-4: rebooting');
});

test('a disk that Proxmox would not grow is not called grown', async () => {
  const world = new NodeWorld();
  world.onEffect = (_, side) => {
    if (side === 'before') throw new ClientError('rejected', 'the pool is full', 'Free space.');
  };
  const { outcome, journal } = await processOf(resizeEphemeral, world, { node: 'w-4', size: '40' });

  expect(outcome).toBe('failed');
  expect(leftBy(journal)).not.toMatch(/grown/);
});

test('moves leadership away first, and puts the leader last', async () => {
  const world = new NodeWorld();
  const plan = planOf(rebootNode, world, { node: 'all', snapshot: 'no' });

  expect(plan.summary).toBe('Reboot cp-2, then cp-3, then cp-1, then w-4, then w-5');
  expect(plan).toMatchObject({ level: 3, confirmName: 'home' });
  expect(plan.steps.filter(({ group }) => group === 'cp-2').map(({ id }) => id)).toEqual([
    'forfeit-cp-2',
    'mark-cp-2',
    'cordon-cp-2',
    'drain-cp-2',
    'reboot-cp-2',
    'uncordon-cp-2',
    'unmark-cp-2',
    'settle-cp-2',
  ]);
});

test('waits for an API server that is away before it gives a node back', async () => {
  const world = new NodeWorld();
  world.onEffect = (_, side) => {
    if (side === 'after' && world.effects.at(-1) === 'reboot --wait w-4') {
      world.node('w-4').refusals = 2;
    }
  };
  const { outcome } = await processOf(rebootNode, world, { node: 'w-4' });

  expect(outcome).toBe('succeeded');
  isFree(world);
});

test('fails with what kubectl said when an API server that answers refuses again and again', async () => {
  const world = new NodeWorld();
  world.node('w-4').isUnschedulable = true;
  world.node('w-4').refusals = 9;
  const { outcome, journal } = await processOf(uncordon, world, { node: 'w-4' });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('connection refused');
  expect(world.node('w-4').refusals).toBe(6);
});

test('moving the lead fails when it does not move, and says who leads and what to do', async () => {
  const world = new NodeWorld();
  world.node('cp-2').isLeader = false;
  world.node('cp-1').isLeader = true;
  world.node('cp-1').obeysForfeit = false;
  const { outcome, journal } = await processOf(etcdForfeitLeadership, world, { node: 'cp-1' });

  expect(outcome).toBe('failed');
  expect(world.effects).toEqual(Array(2).fill('etcd forfeit-leadership cp-1'));
  const end = ended(journal);
  expect(end).toContain('cp-1 still leads etcd after two tries.');
  expect(end).toContain('Look at screen 2');
  expect(end).toContain('cp-1: the leader of etcd still.');
});

test('moves the leader on before its node goes, and goes on when it will not move', async () => {
  const world = new NodeWorld();
  const answers = { node: 'cp-2', snapshot: 'no' };
  expect((await processOf(rebootNode, world, answers)).outcome).toBe('succeeded');
  expect(world.effects[0]).toBe('etcd forfeit-leadership cp-2');
  expect(world.node('cp-1').isLeader).toBe(true);

  const stubborn = new NodeWorld();
  stubborn.node('cp-2').obeysForfeit = false;
  const { outcome, journal } = await processOf(rebootNode, stubborn, answers);
  expect(outcome).toBe('succeeded');
  expect(stubborn.effects.filter((effect) => effect.startsWith('etcd'))).toHaveLength(2);
  expect(JSON.stringify(journal.entries)).toContain('cp-2 still leads');
});

test('an operator of Talos 1.14 proves a reboot without os:admin', async () => {
  const world = new NodeWorld();
  world.isOperator = true;
  const { outcome, journal } = await processOf(rebootNode, world, { node: 'w-4' });

  expect(`${outcome} ${ended(journal)}`).toMatch(/^succeeded /);
  expect(world.node('w-4').boot).toBe(2);
});

test('asks whether a reboot goes through the firmware, and suggests that it does not', () => {
  const world = new NodeWorld();
  const form = rebootNode.plan(world.context({}));
  const plan = planOf(rebootNode, world, { node: 'w-4', mode: 'powercycle' });

  expect(form).toMatchObject({
    kind: 'form',
    questions: [{ name: 'node' }, { name: 'mode', kind: 'choice', suggestion: 'default' }],
  });
  expect(plan.steps.find(({ id }) => id === 'reboot-w-4')?.command).toMatchObject({
    argv: expect.arrayContaining(['reboot', '--mode', 'powercycle']),
  });
  expect(plan.lines).toContain(
    'QEMU itself goes on: what waits in Proxmox for a cold start still waits',
  );
});

test('takes an etcd snapshot before a control plane goes down', () => {
  const plan = planOf(rebootNode, new NodeWorld(), { node: 'cp-1' });

  expect(plan.steps.slice(0, 3).map(({ id }) => id)).toEqual(['snapshot', 'verify', 'catalogue']);
});

test('calls the only control plane an outage, and drains no node that stands alone', () => {
  const one = planOf(rebootNode, new NodeWorld(1, 1), { node: 'cp-1' });
  const alone = planOf(rebootNode, new NodeWorld(1, 0), { node: 'cp-1' });

  expect(one).toMatchObject({ level: 3, confirmName: 'home' });
  expect(one.downtime).toContain('the Kubernetes API and etcd are away');
  expect(alone.downtime).toContain('everything');
  expect(alone.steps.map(({ id }) => id)).not.toContain('drain-cp-1');
  expect(one.steps.map(({ id }) => id)).not.toContain('forfeit-cp-1');
});

test('refuses to take one of two voters, and takes their workers', () => {
  const world = new NodeWorld(2, 1);

  expect(rebootNode.plan(world.context({ node: 'cp-1' }))).toMatchObject({
    kind: 'refusal',
    gate: 'G-ETCD',
    hint: expect.stringContaining('third control plane'),
  });
  expect(rebootNode.plan(world.context({ node: 'w-3' })).kind).toBe('plan');
});

test('drains no worker whose pods no other node takes, and says so', () => {
  const context = new NodeWorld(1, 1).context({ node: 'w-2' });
  const nodes = knownValue(context.snapshot.kubeNodes) ?? [];
  const taints = [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }];
  const kubeNodes = fresh(
    nodes.map((each) => (each.name === 'cp-1' ? { ...each, taints } : each)),
    context.nowMs,
  );
  const planned = rebootNode.plan({ ...context, snapshot: { ...context.snapshot, kubeNodes } });

  expect(planned).toMatchObject({
    kind: 'plan',
    lines: expect.arrayContaining(['no drain: there is no other node that could take the pods']),
  });
  expect(JSON.stringify(planned)).not.toContain('drain-w-2');
  expect(JSON.stringify(rebootNode.plan(context))).toContain('drain-w-2');
});

test('names the learner that has to vote before a voter may go', () => {
  const context = new NodeWorld(3, 1).context({ node: 'cp-1' });
  const members = knownValue(context.snapshot.etcdMembers) ?? [];
  const etcdMembers = fresh(
    members.map((each) => ({ ...each, isLearner: each.hostname === 'cp-3' })),
    context.nowMs,
  );

  expect(
    rebootNode.plan({ ...context, snapshot: { ...context.snapshot, etcdMembers } }),
  ).toMatchObject({
    kind: 'refusal',
    gate: 'G-ETCD',
    hint: expect.stringContaining('Wait until cp-3 votes'),
  });
});

test('fails a stuck drain with the pods that stay and what can be done', async () => {
  const world = new NodeWorld();
  world.node('w-4').pods = ['stuck'];
  const { outcome, journal } = await processOf(drain, world, { node: 'w-4' });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('Still there: web/stuck');
  expect(ended(journal)).toContain('drain=disable-eviction');
  expect(world.node('w-4').isUnschedulable).toBe(true);
});

test('cordons, drains and frees again whoever cordoned', async () => {
  const world = new NodeWorld();
  await processOf(cordon, world, { node: 'w-4' });
  expect(Object.values(world.node('w-4').annotations)[0]).toMatch(/^20261120T120000Z-cordon$/);

  world.node('w-5').isUnschedulable = true;
  const freed = await processOf(uncordon, world, { node: 'w-4,w-5' });
  expect(freed.plan.lines).toEqual([
    'w-4 is cordoned by 20261120T120000Z-cordon',
    'w-5 is cordoned by somebody else',
  ]);
  isFree(world);
});

test('says why EPHEMERAL has not grown instead of waiting for it', async () => {
  const world = new NodeWorld();
  world.node('w-4').grows = false;
  const { outcome, journal } = await processOf(resizeEphemeral, world, {
    node: 'w-4',
    size: '40',
  });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('w-4 was rebooted and EPHEMERAL still has');
});

test('waits for the file system on a grown EPHEMERAL, and says so when it does not come', async () => {
  const world = new NodeWorld();
  world.node('w-4').isRoomFixed = true;
  const { outcome, journal } = await processOf(resizeEphemeral, world, {
    node: 'w-4',
    size: '40',
  });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('the file system on /var still has 17 GiB');
});

test('proves a growth by the kubelet alone on a node that never told its file systems', async () => {
  const world = new NodeWorld();
  world.node('w-4').roomBytes = null;
  const { outcome } = await processOf(resizeEphemeral, world, { node: 'w-4', size: '40' });
  expect(outcome).toBe('succeeded');
});

test('names the guest to be started cold when it does not see its larger disk', async () => {
  const world = new NodeWorld();
  world.node('w-4').grows = false;
  world.node('w-4').isDiskHidden = true;
  const { outcome, journal } = await processOf(resizeEphemeral, world, {
    node: 'w-4',
    size: '40',
  });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('it sees a disk of 20 GiB');
  expect(ended(journal)).toContain('`qm reboot 104` on pve1');
});

test('gives a node back that has no previous image, and says so before', async () => {
  const world = new NodeWorld();
  const { outcome, journal, plan } = await processOf(rollbackNode, world, {
    node: 'w-4',
    to: 'v1.12.3',
  });

  expect(plan.lines.join('; ')).toContain(
    'whether there is an earlier image at all can only be seen by asking for it, after the drain',
  );
  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('has no previous image to go back to');
  expect(ended(journal)).toContain('w-4 takes pods as before');
  expect(leftBy(journal)).not.toMatch(/w-4:|rebooting/);
  expect(world.node('w-4').boot).toBe(1);
  isFree(world);
});

test('leaves a node cordoned that was so before its rollback was refused', async () => {
  const world = new NodeWorld();
  world.node('w-4').isUnschedulable = true;
  const { outcome, journal } = await processOf(rollbackNode, world, {
    node: 'w-4',
    to: 'v1.12.3',
  });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('w-4 stays cordoned, as it was before');
  expect(world.node('w-4').isUnschedulable).toBe(true);
});

test('tells to uncordon a node that could not be given back', async () => {
  const world = new NodeWorld();
  world.onEffect = (_, side) => {
    if (side === 'before' && world.effects.some((effect) => effect.startsWith('rollback'))) {
      throw new CommandFailed(['kubectl'], 1, 'connection refused', 'Wait a moment.');
    }
  };
  const { outcome, journal } = await processOf(rollbackNode, world, {
    node: 'w-4',
    to: 'v1.12.3',
  });

  expect(outcome).toBe('failed');
  expect(ended(journal)).toContain('Uncordon the node.');
  expect(leftBy(journal)).toContain('w-4: cordoned, marked 20261120T120000Z-rollback-node.');
});

test('rolls back with os:admin alone, as Talos wants it', () => {
  const context = new NodeWorld().context({ node: 'w-4', to: 'v1.12.3' });
  const roleOf = (talosRoles: readonly string[]) => {
    const planned = rollbackNode.plan({ ...context, facts: { ...context.facts, talosRoles } });
    return planned.kind === 'plan' && planned.gates.find(({ id }) => id === 'G-ROLE')?.state;
  };

  expect(roleOf(['os:admin'])).toBe('green');
  expect(roleOf(['os:operator'])).toBe('red');
});

test('does not go back to a Talos that cannot run the Kubernetes of the node', () => {
  const context = new NodeWorld().context({ node: 'w-4', to: 'v1.10.9' });

  expect(rollbackNode.plan(context)).toMatchObject({
    kind: 'refusal',
    gate: 'G-PATH',
    reason: expect.stringContaining('runs Kubernetes up to 1.33'),
  });
});
