import { inspect as print } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { inspectKube } from '../../src/clients/inspect/kube.js';
import { configFactsOf } from '../../src/clients/inspect/machine-config.js';
import { inspectNode } from '../../src/clients/inspect/node.js';
import * as resources from '../../src/clients/inspect/node-resources.js';
import { inspectStorage } from '../../src/clients/inspect/storage.js';
import { inspectVm } from '../../src/clients/inspect/vm.js';
import type { CosiResource, PveClient, TalosClient } from '../../src/clients/types.js';
import { OperatorError } from '../../src/model/errors.js';
import { asIpAddress, asPveNodeName, asVmId } from '../../src/model/ids.js';
import { createFakePve } from '../support/fake-clients.js';
import { createFakeTalos, seats } from '../support/fake-talos.js';
import { groupsOf, kubeAnswers, listOf } from '../support/kube-answers.js';
import { aConnection, noShell } from '../support/run-world.js';

const SIGNAL = new AbortController().signal;
const NODE = asIpAddress('10.0.0.11');
const HOST = asPveNodeName('pve1');

/** The value, or the failure that an operator is told; anything else is a bug and fails the test. */
async function outcome<T>(read: () => Promise<T> | T): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

const resource = (type: string, spec: unknown, id = 'x'): CosiResource => ({
  ...{ namespace: 'runtime', type, id, version: '1', phase: 'running', spec },
});

const talosWith = (specOf: (type: string) => unknown, file: string): TalosClient => ({
  ...createFakeTalos(seats(1, 0)).client,
  list: async (_node, { type }) => [resource(type, specOf(type))],
  readFile: async () => file,
});

const pveWith = (answerOf: (path: string) => unknown): PveClient => ({
  ...createFakePve([]).client,
  get: async (path) => answerOf(path),
});

const BOOT_ID = '1ec6125a-6449-43b8-89ad-1bfceb95f96f';

test('garbage of a node is an error, or unknown', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 11 }),
      fc.string(),
      async (all, file) => {
        let next = 0;
        const talos = talosWith(() => all[next++ % all.length], file);

        expect(await outcome(() => inspectNode(talos, NODE, systemClock, SIGNAL))).toBeNull();
      },
    ),
    { numRuns: 100 },
  );
});

test('a node that says nothing has nothing that looks well', async () => {
  const silent: TalosClient = { ...talosWith(() => null, `${BOOT_ID}\n`), list: async () => [] };

  expect(await inspectNode(silent, NODE, systemClock, SIGNAL)).toMatchObject({
    ...{ bootId: BOOT_ID, isUki: null, isSecureBoot: null, systemDisk: null, ephemeral: null },
    ...{ installImage: null, staticPods: [], disks: [], time: { isSynced: null } },
  });
});

test.each([
  ['security', resources.securityOf, { isUki: null, isSecureBoot: null }],
  ['system disk', resources.systemDiskOf, null],
  ['boot id', resources.bootIdOf, null],
  ['time', resources.isSyncedOf, null],
  ['disks', resources.disksOf, []],
  ['volumes', resources.ephemeralOf, null],
  ['partitions', resources.partitionsOf, []],
  ['static pods', resources.staticPodsOf, []],
])('garbage for the %s of a node is an error or nothing', async (_what, read, nothing) => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.constantFrom('x', 'EPHEMERAL'), async (spec, id) => {
      const found = await outcome(() => read([resource('Type', spec, id)], 'node'));
      expect([null, nothing]).toContainEqual(found);
    }),
    { numRuns: 300 },
  );
});

test('garbage of a guest or a storage is an error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 5 }), async (all) => {
      let next = 0;
      const pve = pveWith(() => all[next++ % all.length]);

      expect(await outcome(() => inspectVm(pve, HOST, asVmId(101), SIGNAL))).toBeNull();
      expect(
        await outcome(() => inspectStorage({ pve, node: HOST, name: 'local', signal: SIGNAL })),
      ).toBeNull();
    }),
    { numRuns: 150 },
  );
});

test('garbage of a store is a store that is unknown', async () => {
  const groups = { 'longhorn.io': 'v1', 'ceph.rook.io': 'v1', 'postgresql.cnpg.io': 'v1' };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1 }), async (items) => {
      const garbage = listOf(items);
      const { kube } = kubeAnswers({
        '/apis': groupsOf(groups),
        '/api/v1/nodes': listOf([]),
        '/api/v1/pods': listOf([]),
        '/apis/policy/v1/poddisruptionbudgets': listOf([]),
        '/apis/apps/v1/daemonsets': listOf([]),
        '/apis/longhorn.io/v1/volumes': garbage,
        '/apis/ceph.rook.io/v1/cephclusters': garbage,
        '/apis/postgresql.cnpg.io/v1/clusters': garbage,
      });
      const question = { kube, shell: noShell, connection: aConnection({ kubernetes: null }) };

      const found = await inspectKube({
        ...{ ...question, preferred: [], signal: SIGNAL },
      });

      expect(found.stores).toHaveLength(3);
      expect(found.stores.every(({ isHealthy }) => isHealthy === null)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test.each([
  '/apis',
  '/api/v1/nodes',
  '/api/v1/pods',
  '/apis/policy/v1/poddisruptionbudgets',
  '/apis/apps/v1/daemonsets',
])('garbage of Kubernetes at %s is an error', async (path) => {
  const good = {
    '/apis': groupsOf({}),
    '/api/v1/nodes': listOf([]),
    '/api/v1/pods': listOf([]),
    '/apis/policy/v1/poddisruptionbudgets': listOf([]),
    '/apis/apps/v1/daemonsets': listOf([]),
  };
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.boolean(), async (value, isInList) => {
      const { kube } = kubeAnswers({ ...good, [path]: isInList ? listOf([value]) : value });
      const question = { kube, shell: noShell, connection: aConnection({ kubernetes: null }) };

      expect(
        await outcome(() =>
          inspectKube({
            ...{ ...question, preferred: [], signal: SIGNAL },
          }),
        ),
      ).toBeNull();
    }),
    { numRuns: 100 },
  );
});

/** JSON that is not what stands there when all is well. */
const insteadOf = (...good: readonly unknown[]) =>
  fc.jsonValue().filter((value) => !good.includes(value));

describe('where one word is wrong, its fact does not look well', () => {
  const pod = (phase: unknown, status: unknown) => [
    resource(
      'StaticPodStatuses',
      { phase, conditions: [{ type: 'Ready', status }] },
      'kube-system/kube-apiserver-cp1',
    ),
  ];

  test('a static pod', async () => {
    expect(resources.staticPodsOf(pod('Running', 'True'), 'n')).toEqual([
      { name: 'kube-apiserver', isReady: true },
    ]);
    await fc.assert(
      fc.asyncProperty(insteadOf('Running', 'True'), async (wrong) => {
        for (const items of [pod(wrong, 'True'), pod('Running', wrong)]) {
          const found = await outcome(() => resources.staticPodsOf(items, 'n'));
          expect(found?.[0]?.isReady ?? false).toBe(false);
        }
      }),
    );
  });

  test('the time', async () => {
    const time = (synced: unknown, syncDisabled: unknown) => [
      resource('TimeStatuses', { synced, syncDisabled }),
    ];
    expect(resources.isSyncedOf(time(true, false), 'n')).toBe(true);
    expect(resources.isSyncedOf(time(true, true), 'n')).toBeNull();
    await fc.assert(
      fc.asyncProperty(insteadOf(true), async (wrong) => {
        expect(await outcome(() => resources.isSyncedOf(time(wrong, false), 'n'))).not.toBe(true);
      }),
    );
  });

  const HEALTHY_STORAGE = { type: 'dir', active: 1, total: 100, used: 10, avail: 90 };

  test.each(Object.keys(HEALTHY_STORAGE))('the %s of a storage', async (key) => {
    await fc.assert(
      fc.asyncProperty(
        insteadOf(1, '1', true).filter((value) => !/^(number|string)$/.test(typeof value)),
        async (wrong) => {
          const pve = pveWith((path) =>
            path.endsWith('/status') ? { ...HEALTHY_STORAGE, [key]: wrong } : [],
          );
          const question = { pve, node: HOST, name: 'local', signal: SIGNAL };
          expect(await outcome(() => inspectStorage(question))).toBeNull();
        },
      ),
    );
  });
});

describe('a machine configuration that cannot be read', () => {
  const SECRET = 'LS0tLS1CRUdJTiBFRDI1NTE5IFBSSVZBVEUgS0VZ';

  test('is an error that quotes nothing of it', async () => {
    const broken = fc
      .tuple(fc.string(), fc.string())
      .map(([before, after]) => `${before}\nmachine:\n  ca:\n    key: ${SECRET}\n${after}`);
    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        try {
          configFactsOf(text, 'node');
        } catch (error) {
          expect(error).toMatchObject({ kind: 'malformed' });
          expect(print(error, { depth: null })).not.toContain(SECRET.slice(0, 12));
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    `machine: {install: {image: [${SECRET}]}}`,
    `machine: {install: ${SECRET}}`,
    `machine: {install: {extraKernelArgs: {a: ${SECRET}}}}`,
    `a: &a [${SECRET}]\nb: &b [*a,*a]\nc: &c [*b,*b]\n`,
    `"${SECRET}`,
    SECRET,
    '',
    '---\n---\n',
    `kind: HostnameConfig\nname: ${SECRET}`,
    `machine: {type: worker}\n---\nmachine: {token: ${SECRET}}`,
    `machine: {}\n---\nkind: VolumeConfig\nname: EPHEMERAL\nprovisioning: {grow: ${SECRET}}`,
  ])('is malformed: %s', (text) => {
    const read = () => configFactsOf(text, 'node');

    expect(read).toThrow(expect.objectContaining({ kind: 'malformed' }));
    expect(() => read()).not.toThrow(SECRET);
  });
});

describe('a machine configuration', () => {
  const main = (rest = '') => `version: v1alpha1\nmachine:\n  type: worker\n${rest}`;
  const ephemeral = (provisioning: string) =>
    `${main()}---\napiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nprovisioning: ${provisioning}\n`;

  test('names the installer image, in its old and its new place', () => {
    const old = main('  install:\n    image: a/installer:v1\n    extraKernelArgs: [x=1]\n');
    const both = `${old}---\napiVersion: v1alpha1\nkind: UnattendedInstallConfig\ninstaller:\n  image: b/installer:v2\n`;

    expect(configFactsOf(old, 'n')).toMatchObject({
      installImage: 'a/installer:v1',
      hasExtraKernelArgs: true,
    });
    expect(configFactsOf(both, 'n').installImage).toBe('b/installer:v2');
    expect(configFactsOf(main(), 'n')).toMatchObject({
      installImage: null,
      hasExtraKernelArgs: false,
      ephemeralConfig: null,
      hasSideroLink: false,
    });
  });

  test.each([
    ['{}', { grow: null, maxSizeBytes: null }],
    ['{grow: false}', { grow: false, maxSizeBytes: null }],
    ['{maxSize: 50GiB}', { grow: null, maxSizeBytes: 50 * 1024 ** 3 }],
    ['{maxSize: 50GB}', { grow: null, maxSizeBytes: 50e9 }],
    ['{maxSize: 1.5TiB, grow: true}', { grow: true, maxSizeBytes: 1.5 * 1024 ** 4 }],
    ['{maxSize: 1000}', { grow: null, maxSizeBytes: 1000 }],
    ['{maxSize: 80%}', { grow: null, maxSizeBytes: null, relativeMaxSize: '80%' }],
    ['{maxSize: -10GiB}', { grow: null, maxSizeBytes: null, relativeMaxSize: '-10GiB' }],
  ])('tells the limits of EPHEMERAL: %s', (provisioning, expected) => {
    expect(configFactsOf(ephemeral(provisioning), 'n').ephemeralConfig).toEqual(expected);
  });

  test('of another volume says nothing about EPHEMERAL', () => {
    const text = ephemeral('{grow: false}').replace('name: EPHEMERAL', 'name: IMAGECACHE');

    expect(configFactsOf(text, 'n').ephemeralConfig).toBeNull();
  });

  test('of other things is left alone, however it looks', () => {
    const text = `${main()}---\nkind: VLANConfig\nname: 4\nmachine: []\nprovisioning: {grow: maybe}\n`;

    expect(configFactsOf(text, 'n')).toMatchObject({ ephemeralConfig: null, installImage: null });
  });

  test('with SideroLink belongs to Omni', () => {
    const text = `${main()}---\napiVersion: v1alpha1\nkind: SideroLinkConfig\napiUrl: https://omni\n`;

    expect(configFactsOf(text, 'n').hasSideroLink).toBe(true);
  });
});
