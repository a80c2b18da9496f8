import { expect, test } from 'vitest';
import { foundCluster, isClusterFounded } from '../../../src/lab/world/talos-etcd.js';
import { applySettings, settingsOf } from '../../../src/lab/world/talos-settings.js';
import { newWorld, nodeIn, seconds } from '../../support/lab-world.js';

const documents = (vip: object) => [
  {
    machine: {
      type: 'controlplane',
      install: { disk: '/dev/vda', image: 'factory.talos.dev/installer/abc:v1.12.4' },
      kubelet: { image: 'ghcr.io/siderolabs/kubelet:v1.35.0' },
      network: { interfaces: [{ ...vip, vip: { ip: '127.7.0.20' } }] },
    },
    cluster: { clusterName: 'home', controlPlane: { endpoint: 'https://127.7.0.20:6443' } },
  },
  { kind: 'HostnameConfig', hostname: 'cp-a' },
  { kind: 'VolumeConfig', name: 'EPHEMERAL', provisioning: { grow: false, maxSize: '20GiB' } },
];

test('what moves a machine is read from its configuration, old and new documents alike', () => {
  expect(settingsOf(documents({ interface: 'eth0' }))).toMatchObject({
    role: 'controlplane',
    hostname: 'cp-a',
    clusterName: 'home',
    installDisk: '/dev/vda',
    versions: { kubelet: 'v1.35.0' },
    vips: [{ address: '127.7.0.20', link: { kind: 'name', name: 'eth0' } }],
    growsEphemeral: false,
    ephemeralMaxBytes: 20 * 1024 ** 3,
  });
});

test('a Layer2VIPConfig on an alias may use whatever link the alias selects', () => {
  const [main = {}] = documents({ interface: 'ens18' });
  const layered = { kind: 'Layer2VIPConfig', name: '127.7.0.21', link: 'uplink' };
  const { vips } = settingsOf([main, layered, { kind: 'LinkAliasConfig', name: 'uplink' }]);
  expect(vips.at(-1)).toEqual({ address: '127.7.0.21', link: { kind: 'selector' } });
});

test('a virtual address on a link that no control plane has is held by nobody', () => {
  const world = newWorld();
  const settings = settingsOf(documents({ interface: 'eth0' }));
  for (const node of world.nodes.values()) {
    if (node.role !== 'controlplane') continue;
    node.machine.config = { text: null, settings };
    applySettings(world, node, settings);
  }
  seconds(world, 120);
  expect(world.vip.holder).toBeNull();
});

test('founding a cluster leaves one member, which leads', () => {
  const world = newWorld('1+1');
  const node = nodeIn(world, 'talos-cp-01');
  const termBefore = world.etcd.term;
  foundCluster(world, node, 4242);
  expect(isClusterFounded(world)).toBe(true);
  expect([...world.etcd.members.values()].map(({ id }) => id)).toEqual([world.etcd.leaderId]);
  expect(world.etcd.term).toBeGreaterThan(termBefore);
  expect(world.etcd.revision).toBeGreaterThanOrEqual(4242);
});
