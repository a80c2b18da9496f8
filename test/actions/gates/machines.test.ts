import { describe, expect, test } from 'vitest';
import {
  controlPlanesOf,
  machineAt,
  machinesGate,
  membersGate,
  roleObjections,
} from '../../../src/actions/gates/machines.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asIpAddress } from '../../../src/model/ids.js';
import { freshValue, WAITING } from '../../../src/model/reading.js';
import type { MachineStatus } from '../../../src/model/talos.js';
import {
  addressOf,
  aKubeNode,
  aMember,
  aTalosNode,
  aWorld,
  fresh,
  silence,
  stale,
} from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aTarget, withNode, withSnapshot } from '../../support/plan-contexts.js';

describe('G-MACH', () => {
  const gate = (context: PlanContext) => machinesGate(context, [aTarget(1), aTarget(4, false)]);
  const withStatus = (status: Partial<MachineStatus>) =>
    withNode(aPlanContext(), addressOf(4), () => ({
      status: fresh({ stage: 'running', ready: true, unmetConditions: [], ...status }),
    }));

  test('is green when every target runs and is ready', () => {
    expect(gate(aPlanContext())).toEqual({
      id: 'G-MACH',
      title: 'Talos runs and is ready',
      state: 'green',
      text: 'cp-1, w-4 running and ready',
      remedy: 'Look at the services and the log of the machine, and repair what it waits for.',
      override: 'type',
    });
  });

  test('stands on the stage of each target alone', () => {
    expectNeeds(gate, aPlanContext(), ['node.status']);
    expectNeeds(gate, aPlanContext(), ['node.status'], { number: 4, isControlPlane: false });
    expectNeeds(gate, aPlanContext(), [], { number: 2, isControlPlane: true });
  });

  test('never turns green when the world gets worse', () => {
    expectMonotone(gate, aPlanContext(), EVERYBODY);
  });

  test('names the stage, what the machine waits for, or that it is not ready', () => {
    const conditions = [
      { name: 'services', reason: 'etcd not healthy' },
      { name: 'time', reason: 'not synced' },
    ];
    const seen = [
      withStatus({ stage: 'booting' }),
      withStatus({ unmetConditions: conditions }),
      withStatus({ ready: false }),
      withStatus({ stage: 'unknown' }),
    ].map((context) => `${gate(context).state}: ${gate(context).text}`);

    expect(seen).toEqual([
      'red: w-4 is booting',
      'red: w-4 waits for services (etcd not healthy), time (not synced)',
      'red: w-4 is not ready',
      'unknown: w-4 does not say its stage',
    ]);
  });

  test('is unknown for a machine that nobody knows, for none, and for one that has gone silent', () => {
    const silent = withNode(aPlanContext(), addressOf(1), ({ status }) => ({
      status: status.state === 'fresh' ? stale(status.value, silence('no route')) : status,
    }));

    expect(machinesGate(aPlanContext(), [aTarget(9)])).toMatchObject({
      state: 'unknown',
      text: 'the stage of cp-9 is not known yet',
    });
    expect(machinesGate(aPlanContext(), [])).toMatchObject({
      state: 'unknown',
      text: 'no machine was named',
    });
    expect(gate(silent)).toMatchObject({
      state: 'unknown',
      text: 'the stage of cp-1 is out of date: no route',
    });
  });

  test('keeps control sequences of a machine off the screen', () => {
    const hostile = withStatus({ unmetConditions: [{ name: '\u001b[2Jx', reason: 'y' }] });
    expect(gate(hostile).text).toBe('w-4 waits for x (y)');
  });
});

describe('the machines that gates ask', () => {
  test('are found by their address', () => {
    expect(machineAt(aPlanContext(), addressOf(4))?.name).toBe('w-4');
    expect(machineAt(aPlanContext(), addressOf(9))).toBe(undefined);
  });

  test('are control planes when Talos or Kubernetes says so, and not when only etcd does', () => {
    const names = (context: PlanContext) => controlPlanesOf(context).map(({ name }) => name);
    const world = aWorld(3, 1);
    expect(names(aPlanContext(world))).toEqual(['cp-1', 'cp-2', 'cp-3']);
    expect(names(aPlanContext({ ...world, nodes: world.nodes.slice(1) }))).toContain('cp-1');
    expect(names(aPlanContext({ ...world, kubeNodes: [] }))).toEqual(['cp-1', 'cp-2', 'cp-3']);
    expect(
      names(aPlanContext({ ...world, members: [...world.members, aMember({ number: 9 })] })),
    ).toEqual(['cp-1', 'cp-2', 'cp-3']);
  });

  test('are named when nobody knows what they are', () => {
    expect(roleObjections(aPlanContext())).toEqual({ red: [], unknown: [] });
    const mute = withSnapshot(
      withNode(aPlanContext(), addressOf(4), () => ({ identity: WAITING })),
      { kubeNodes: fresh(aWorld(3, 0).kubeNodes), talosMembers: WAITING },
    );
    const { red, unknown } = roleObjections(mute);
    expect(red).toEqual([]);
    expect(unknown).toEqual(['the role of 10.0.0.14 is not known']);
  });
});

describe('G-MEM', () => {
  test('is green when discovery, Kubernetes and the inventory name the same machines', () => {
    expect(membersGate(aPlanContext())).toEqual({
      id: 'G-MEM',
      title: 'Talos, Kubernetes and the inventory name the same machines',
      state: 'green',
      text: '5 members everywhere',
      remedy: 'Remove what is gone or wait until what is new has joined everywhere.',
      override: 'type',
    });
  });

  test('stands on the members and the Kubernetes nodes', () => {
    expectNeeds(membersGate, aPlanContext(), ['talosMembers', 'kubeNodes']);
  });

  test('never turns green when the world gets worse', () => {
    expectMonotone(membersGate, aPlanContext(), EVERYBODY);
  });

  test('lists every difference', () => {
    const world = aWorld(3, 1);
    const good = aPlanContext(world);
    const extraKube = withSnapshot(good, {
      kubeNodes: fresh([...world.kubeNodes, aKubeNode({ number: 7, isControlPlane: false })]),
    });
    const fewerKube = withSnapshot(good, { kubeNodes: fresh(world.kubeNodes.slice(1)) });
    const extraNode = aTalosNode({ number: 8 });
    const unlisted = withSnapshot(good, {
      talosNodes: new Map([...good.snapshot.talosNodes, [extraNode.address, extraNode]]),
    });
    const unreached = withSnapshot(good, {
      talosNodes: new Map([...good.snapshot.talosNodes].slice(1)),
    });
    const none = withSnapshot(good, { talosMembers: fresh([]) });

    expect(
      [extraKube, fewerKube, unlisted, unreached, none].map((context) => {
        const { state, text } = membersGate(context);
        return `${state}: ${text}`;
      }),
    ).toEqual([
      'red: w-7 is a Kubernetes node, but no Talos member',
      'red: cp-1 is no Kubernetes node',
      'red: 10.0.0.18 is not among the Talos members',
      'red: cp-1 is not reached',
      'unknown: Talos lists no member',
    ]);
  });

  test('knows a machine by any one of its addresses', () => {
    const world = aWorld(3, 1);
    const more = [asIpAddress('fd00::9'), asIpAddress('192.168.7.7')];
    const good = aPlanContext({
      ...world,
      kubeNodes: world.kubeNodes.map((node) => ({
        ...node,
        internalIps: [...node.internalIps, asIpAddress('172.20.0.1')],
      })),
    });
    const members = freshValue(good.snapshot.talosMembers) ?? [];
    const context = withSnapshot(good, {
      talosMembers: fresh(
        members.map((member) => ({ ...member, addresses: [...member.addresses, ...more] })),
      ),
    });
    expect(membersGate(context)).toMatchObject({ state: 'green', text: '4 members everywhere' });
  });

  test('does not blame machines for a list of nodes that cannot be read', () => {
    const blind = withSnapshot(aPlanContext(), { kubeNodes: stale([], silence('no route')) });

    expect(membersGate(blind)).toMatchObject({
      state: 'unknown',
      text: 'the list of Kubernetes nodes is out of date: no route',
    });
  });
});
