import { expect, test } from 'vitest';
import { statusNotes } from '../../src/cli/status-notes.js';
import { asIpAddress } from '../../src/model/ids.js';
import { WAITING } from '../../src/model/reading.js';
import type { TalosNode } from '../../src/model/talos.js';
import { verdictOf } from '../../src/model/verdict.js';
import { vipState, vipStates } from '../../src/model/vip.js';
import {
  aCluster,
  anError,
  aSnapshot,
  aTalosNode,
  aWorld,
  failed,
  fresh,
  silenced,
  type World,
  withAddress,
  worldSnapshot,
} from '../support/builders.js';

/** Nobody has the address. */
function withoutHolder(change: (node: TalosNode) => TalosNode = (node) => node): World {
  const world = aWorld();
  return {
    ...world,
    nodes: world.nodes.map((_, index) =>
      change(aTalosNode({ number: index + 1, isControlPlane: index < 3 })),
    ),
  };
}

const link = (name: string, operationalState = 'up') =>
  fresh([{ name, kind: '', hardwareAddress: null, operationalState, isPhysical: true }]);

test('the holder is the node that has the address now', () => {
  expect(vipState(worldSnapshot(aWorld()))).toEqual({
    address: '10.0.0.20',
    holder: 'cp-1',
    holderAddress: '10.0.0.11',
    holders: ['cp-1'],
    level: 'ok',
    word: 'held',
    reason: '',
  });
});

test('two nodes with the address are a failure and both are named', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 1 ? withAddress(node, '10.0.0.20') : node,
  );

  expect(vipState(worldSnapshot({ ...world, nodes }))).toMatchObject({
    level: 'fail',
    word: 'two holders',
    holder: null,
    reason: 'cp-1 and cp-2 both have the address: traffic goes to either',
  });
});

test('a holder that was seen before its node fell silent is not told as one', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) => (index === 0 ? silenced(node) : node));

  expect(vipState(worldSnapshot({ ...world, nodes }))).toMatchObject({
    holder: null,
    level: 'unknown',
    reason: 'cp-1 does not answer and may hold it',
  });
});

test('a machine that is off cannot hold it', () => {
  const world = withoutHolder();
  const off: World = {
    ...world,
    nodes: world.nodes.map((node, index) => (index === 1 ? silenced(node) : node)),
    vms: world.vms.map((vm, index) => (index === 1 ? { ...vm, status: 'stopped' } : vm)),
  };

  expect(vipState(worldSnapshot(off))).toMatchObject({ level: 'fail', word: 'no holder' });
});

test('a link name that does not exist is told with the one that does', () => {
  const world = withoutHolder((node) => ({ ...node, links: link('ens18') }));

  expect(vipState(worldSnapshot(world))).toMatchObject({
    level: 'fail',
    word: 'no holder',
    reason: 'no control plane has the link `eth0` of its configuration, but `ens18` exists',
  });
});

test('a link that is down everywhere is told', () => {
  const world = withoutHolder((node) => ({ ...node, links: link('eth0', 'down') }));

  expect(vipState(worldSnapshot(world))?.reason).toBe(
    'the link `eth0` is not up on any control plane',
  );
});

test('without quorum there is no election', () => {
  const world = withoutHolder();
  const nodes = world.nodes.map((node, index) =>
    index === 1 || index === 2 ? silenced(node) : node,
  );

  expect(vipState(worldSnapshot({ ...world, nodes }))).toMatchObject({
    level: 'fail',
    reason: 'etcd has no quorum, and the holder is elected through etcd',
  });
});

test('with everything in place the election is open', () => {
  expect(vipState(worldSnapshot(withoutHolder()))?.reason).toBe(
    'the election is open: after a crash the next holder takes up to a minute',
  );
});

test('an address that no control plane is configured for belongs to somebody else', () => {
  const world = withoutHolder((node) => ({ ...node, vipOperators: fresh([]) }));

  expect(vipState(worldSnapshot(world))).toMatchObject({ level: 'warn', word: 'not ours' });
});

test('the same word is said of it everywhere: missed when the silent API is reached through it', () => {
  const world = withoutHolder((node) => ({ ...node, vipOperators: fresh([]) }));
  const snapshot = worldSnapshot(world, { kubeHealth: failed(anError('unreachable')) });
  const vip = vipState(snapshot);

  expect(vip).toMatchObject({ level: 'fail', word: 'no holder' });
  expect(verdictOf(snapshot).text).toContain(`VIP: 10.0.0.20 ${vip?.word}: ${vip?.reason}`);
  expect(statusNotes(snapshot, 0).tail).toContain(`VIP 10.0.0.20: ${vip?.word} (${vip?.reason})`);
});

test('the text status never says that nobody holds what is only unread', () => {
  expect(statusNotes(aSnapshot(), 0).tail).toContain(
    'VIP 10.0.0.20: unknown (no control plane is known yet)',
  );
});

test('a role that may not read the configuration gets unknown, not a guess', () => {
  const forbidden = failed(anError('forbidden'));
  const world = withoutHolder((node) => ({ ...node, vipOperators: forbidden }));

  expect(vipState(worldSnapshot(world))).toMatchObject({
    level: 'unknown',
    reason: 'no machine has it, and the configuration cannot be read with this role',
  });
});

test('while nothing is read it is unknown', () => {
  expect(vipState(aSnapshot())).toMatchObject({
    level: 'unknown',
    reason: 'no control plane is known yet',
  });
  expect(vipState(aSnapshot({ nodes: [{ ...aTalosNode(), addresses: WAITING }] }))).toMatchObject({
    reason: 'no control plane has answered yet',
  });
});

test('a Kubernetes endpoint that is a node has no virtual address', () => {
  const world = withoutHolder((node) => ({ ...node, vipOperators: fresh([]) }));
  const cluster = aCluster({ vip: asIpAddress('10.0.0.11') });

  expect(vipState(worldSnapshot(world, { cluster }))).toBeNull();
});

test('every configured address has its own state, and the endpoint comes first', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index < 3
      ? {
          ...node,
          vipOperators: fresh([
            { ip: asIpAddress('10.0.0.20'), linkName: 'eth0' },
            { ip: asIpAddress('10.0.0.19'), linkName: 'eth0' },
          ]),
        }
      : node,
  );
  const snapshot = worldSnapshot({ ...world, nodes });

  expect(vipStates(snapshot).map(({ address, holder }) => [address, holder])).toEqual([
    ['10.0.0.19', null],
    ['10.0.0.20', 'cp-1'],
  ]);
  expect(vipState(snapshot)?.address).toBe('10.0.0.20');
});
