import { expect, test } from 'vitest';
import { fixBootOrder } from '../../src/actions/fix-boot-order.js';
import type { PlanContext } from '../../src/actions/types.js';
import { asPveNodeName } from '../../src/model/ids.js';
import type { VmInspection } from '../../src/model/inspection.js';
import type { KubeNode } from '../../src/model/kubernetes.js';
import { knownValue, mapReading } from '../../src/model/reading.js';
import { addressOf, aWorld, failed, fresh, silenced } from '../support/builders.js';
import {
  aPlanContext,
  aTarget,
  aVmInspection,
  withInspection,
  withNode,
  withNodeInspection,
  withSnapshot,
  withVmInspection,
} from '../support/plan-contexts.js';
import { aConnection } from '../support/run-world.js';

const ISO = 'local:iso/metal-amd64.iso';
const W4 = aTarget(4, false);

const drivesWith = (volume: string): VmInspection['drives'] =>
  aVmInspection().drives.map((drive) => (drive.isCdrom ? { ...drive, volume } : drive));

const onGuest =
  (change: Partial<VmInspection>, target = W4) =>
  (context: PlanContext) =>
    withVmInspection(context, target, (reading) =>
      mapReading(reading, (guest) => ({ ...guest, ...change })),
    );

const FROM_ISO: Partial<VmInspection> = {
  drives: drivesWith(ISO),
  bootOrder: ['ide2', 'scsi0'],
  pendingBootOrder: ['ide2', 'scsi0'],
};

const base = () => aPlanContext(aWorld(3, 2));

/** Runs in its image: its Talos is silent, nothing of it can be inspected, and Kubernetes has lost it. */
const halted = (ready: KubeNode['ready'] = 'Unknown') => {
  const nodes = knownValue(base().snapshot.kubeNodes) ?? [];
  return withSnapshot(haltedFromIso(), {
    kubeNodes: fresh(nodes.map((node) => (node.name === W4.name ? { ...node, ready } : node))),
  });
};

const haltedFromIso = () => {
  const silent = withNode(onGuest(FROM_ISO)(base()), addressOf(4), (node) => silenced(node));
  return withNodeInspection(silent, addressOf(4), () => failed());
};

const planned = (context: PlanContext, answers: PlanContext['answers'] = {}) =>
  fixBootOrder.plan({ ...context, answers });

function stepsOf(context: PlanContext, answers: PlanContext['answers'] = {}) {
  const plan = planned(context, answers);
  if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan));
  return plan.steps.map(({ command, isDisruptive }) =>
    command.kind === 'api'
      ? `${command.method} ${command.path}${isDisruptive ? ' !' : ''}`
      : command.kind,
  );
}

test('finds nothing to do where disks come first and drives are empty', () => {
  expect(planned(base())).toMatchObject({
    kind: 'refusal',
    reason: expect.stringContaining('Nothing to repair'),
  });
});

test('takes the image out first, then sets the order, and restarts no guest that runs', () => {
  const context = onGuest(FROM_ISO)(base());

  expect(planned(context)).toMatchObject({ kind: 'plan', level: 1, downtime: 'none' });
  expect(stepsOf(context)).toEqual([
    `PUT /nodes/pve1/qemu/104/config ide2=none,media=cdrom digest=${'d'.repeat(40)}`,
    'PUT /nodes/pve1/qemu/104/config boot=order=scsi0',
  ]);
});

test('only takes the image out where the disk comes first anyway', () => {
  expect(stepsOf(onGuest({ drives: drivesWith(ISO) })(base()))).toEqual([
    expect.stringContaining('ide2=none,media=cdrom'),
  ]);
});

test('sees an order that is wrong only after the next cold start', () => {
  const context = onGuest({ drives: drivesWith(ISO), pendingBootOrder: ['ide2', 'scsi0'] })(base());

  expect(stepsOf(context)).toHaveLength(2);
});

test('leaves the drive of cloud-init alone', () => {
  const context = onGuest({
    drives: drivesWith('local-lvm:vm-104-cloudinit'),
    bootOrder: ['scsi0', 'ide2'],
  })(base());

  expect(planned(context)).toMatchObject({ kind: 'refusal' });
});

test('stops and starts a guest that is halted in its image, and waits for its Talos', () => {
  expect(planned(halted())).toMatchObject({ kind: 'plan', level: 2 });
  expect(stepsOf(halted()).slice(2)).toEqual([
    'POST /nodes/pve1/qemu/104/status/stop !',
    'POST /nodes/pve1/qemu/104/status/start',
    'local',
  ]);
  expect(stepsOf(halted(), { restart: 'no' })).toHaveLength(2);
});

test('never stops a machine that answers again', () => {
  const plan = planned(halted());
  if (plan.kind !== 'plan') throw new Error('no plan');
  const back = onGuest(FROM_ISO)(base());
  const again = planned(back, plan.answers);
  const gates = again.kind === 'plan' ? again.gates : [];

  expect(plan.gates.find(({ id }) => id === 'G-HALT')?.state).toBe('green');
  expect(gates.find(({ id }) => id === 'G-HALT')).toMatchObject({ state: 'red', override: 'no' });
});

test('never stops a machine that Kubernetes still hears from, silent as its Talos may be', () => {
  const haltGate = (context: PlanContext) => {
    const plan = planned(context);
    return plan.kind === 'plan' ? plan.gates.find(({ id }) => id === 'G-HALT') : undefined;
  };
  const withoutKubernetes = withSnapshot(halted('True'), { kubeNodes: failed() });

  expect(haltGate(halted('True'))).toMatchObject({
    state: 'red',
    text: 'Kubernetes still hears from w-4',
    override: 'no',
  });
  expect(haltGate(halted('False'))).toMatchObject({ state: 'red' });
  expect(haltGate(halted('Unknown'))).toMatchObject({ state: 'green' });
  expect(haltGate(withoutKubernetes)).toMatchObject({ state: 'green' });
});

test('touches no guest that is not proven to be a machine of the cluster', () => {
  const world = aWorld(3, 1);
  const [first] = world.vms;
  if (first === undefined) throw new Error('no guest');
  const context = aPlanContext({ ...world, vms: world.vms.slice(1) });

  expect(planned(context, { node: 'cp-1' })).toMatchObject({ kind: 'refusal', gate: 'G-BOOT' });
});

test('says what cannot be told instead of guessing', () => {
  const two = [...drivesWith(ISO), { ...drivesWith(ISO)[0], slot: 'scsi1' }].filter(
    (drive): drive is VmInspection['drives'][number] => 'volume' in drive,
  );
  const context = onGuest({ ...FROM_ISO, drives: two, bootOrder: ['ide2'] })(base());

  expect(planned(context, { node: 'w-4' })).toMatchObject({
    kind: 'refusal',
    reason: expect.stringContaining('cannot be told'),
  });
  expect(planned(withInspection(base(), { vms: new Map() }))).toMatchObject({
    kind: 'refusal',
    reason: 'The guests have not been read yet.',
  });
  expect(planned(base(), { restart: 'maybe' })).toMatchObject({ isUsage: true });
  expect(planned({ ...base(), connection: aConnection() })).toMatchObject({ kind: 'refusal' });
});

test('holds for a guest that is another one now, or cannot be told', () => {
  const plan = planned(halted());
  if (plan.kind !== 'plan') throw new Error('no plan');
  const stateIn = (id: string, context: PlanContext) => {
    const again = planned(context, plan.answers);
    return again.kind === 'plan' ? again.gates.find((gate) => gate.id === id)?.state : again.kind;
  };
  const moved = halted().snapshot.vms;
  const movedVms = mapReading(moved, (vms) =>
    vms.map((vm) => (vm.id === W4.vm?.id ? { ...vm, pveNode: asPveNodeName('pve2') } : vm)),
  );
  const unread = (context: PlanContext) => withVmInspection(context, W4, () => failed());

  expect(stateIn('G-OWN', halted())).toBe('green');
  expect(stateIn('G-OWN', withSnapshot(halted(), { vms: movedVms }))).toBe('red');
  expect(stateIn('G-OWN', withSnapshot(halted(), { talosNodes: new Map() }))).toBe('unknown');
  expect(stateIn('G-HALT', unread(halted()))).toBe('unknown');
  expect(stateIn('G-HALT', onGuest({ ...FROM_ISO, status: 'stopped' })(halted()))).toBe('red');
  expect(stateIn('G-HALT', onGuest({ ...FROM_ISO, bootOrder: ['scsi0'] })(halted()))).toBe('red');
});
