import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { readAddon } from '../../../src/lab/scenarios/addons.js';
import { seedAddons } from '../../../src/lab/world/addon-seed.js';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { assetPath } from '../../../src/model/package-root.js';
import { type KubeWire, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { newWorld } from '../../support/lab-world.js';

const names = readdirSync(assetPath('lab', 'addons')).map((file) => basename(file, '.yaml'));

let serverLab: ServerLab;
let wire: KubeWire;

beforeAll(async () => {
  serverLab = await startServerLab([startKubeServers]);
  seedAddons(serverLab.lab.world, names.map(readAddon));
  wire = kubeWire(serverLab.lab);
});

afterAll(() => {
  wire.close();
  return serverLab.close();
});

interface Named {
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
}

interface ItemList {
  readonly items: readonly Named[];
}

const get = async <T>(path: string, accept = 'application/json'): Promise<T> =>
  JSON.parse((await wire.call('GET', path, undefined, { accept })).text) as T;

test.each(names)(
  'the add-on %s is whole: every object has a definition, every pod an owner',
  (name) => {
    const world = newWorld();
    const addon = readAddon(name);
    seedAddons(world, [addon]);
    const pods = listObjects(world, 'pods').filter(
      ({ metadata }) => metadata.namespace === addon.namespace,
    );

    expect(addon.name).not.toBe('');
    for (const workload of addon.workloads) {
      expect(pods.some(({ metadata }) => metadata.name.startsWith(workload.name))).toBe(true);
    }
    expect(pods.every(({ metadata }) => metadata.ownerReferences?.length === 1)).toBe(true);
    expect(listObjects(world, 'secrets').map(({ metadata }) => metadata.name)).toContain(
      `sh.helm.release.v1.${addon.name}.v1`,
    );
  },
);

test('custom resources are discovered, listed, printed and watched like any other', async () => {
  const groups = await get<{ groups: readonly { name: string }[] }>('/apis');
  expect(groups.groups.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['longhorn.io', 'cilium.io', 'metallb.io', 'cert-manager.io', 'apps']),
  );
  const volumes = '/apis/longhorn.io/v1beta2/namespaces/longhorn-system/volumes';
  expect((await get<ItemList>(volumes)).items).toHaveLength(2);
  const nodes = await get<ItemList>('/apis/longhorn.io/v1beta2/nodes');
  expect(nodes.items.map(({ metadata }) => metadata.name)).toEqual([
    ...serverLab.lab.world.nodes.keys(),
  ]);
  const table = await get<{
    columnDefinitions: readonly { name: string }[];
    rows: readonly { cells: readonly unknown[] }[];
  }>(volumes, 'application/json;as=Table;v=v1;g=meta.k8s.io');

  expect(table.columnDefinitions.map(({ name }) => name)).toEqual([
    'Name',
    'State',
    'Robustness',
    'Size',
    'Node',
    'Age',
  ]);
  expect(table.rows[0]?.cells.slice(1, 3)).toEqual(['attached', 'healthy']);
});

test('a definition that somebody creates is served at once, and its objects can be written', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boats.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'boats', kind: 'Boat' },
      versions: [{ name: 'v1', served: true, storage: true }],
    },
  };
  const boats = '/apis/example.com/v1/namespaces/default/boats';
  expect((await wire.get(boats)).code).toBe(404);
  await wire.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  const made = await wire.call('POST', boats, {
    apiVersion: 'example.com/v1',
    kind: 'Boat',
    metadata: { name: 'ark' },
    spec: { length: 300 },
  });

  expect(made.code).toBe(201);
  expect((await get<ItemList>(boats)).items.map(({ metadata }) => metadata.name)).toEqual(['ark']);
});

test('namespaces say which pods they admit', async () => {
  const { items } = await get<ItemList>('/api/v1/namespaces');
  const level = (name: string): string | undefined =>
    items.find(({ metadata }) => metadata.name === name)?.metadata.labels?.[
      'pod-security.kubernetes.io/enforce'
    ];

  expect([level('longhorn-system'), level('cert-manager')]).toEqual(['privileged', undefined]);
});
