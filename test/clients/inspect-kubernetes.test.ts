import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readApiServers } from '../../src/clients/inspect/api-servers.js';
import type { Shell } from '../../src/clients/types.js';
import { CommandFailed } from '../../src/model/errors.js';
import { asNodeName } from '../../src/model/ids.js';
import type { KubeInspection } from '../../src/model/inspection.js';
import { type InspectedLab, readOf, startInspectedLab } from '../support/inspected-lab.js';

const START_MS = 60_000;
const GIB = 1024 ** 3;

const kubeOf = async (lab: InspectedLab): Promise<KubeInspection> => {
  const { kube } = await lab.inspect({ isKubeWanted: true });
  return readOf(kube);
};

describe.each(['v1.12.4', 'v1.13.9'])('Kubernetes on Talos %s', (talosVersion) => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('seed-000', { talosVersion });
  }, START_MS);
  afterAll(() => lab.close());

  test('each API server is asked by itself', async () => {
    const { apiServers } = await kubeOf(lab);

    expect(apiServers).toEqual(
      ['talos-cp-01', 'talos-cp-02', 'talos-cp-03'].map((name) => ({
        address: lab.address(name),
        isReady: true,
        text: 'ready',
      })),
    );
  });

  test('pods tell what a drain has to know', async () => {
    const { pods } = await kubeOf(lab);
    const ofKind = (kind: string | null) => pods.filter(({ ownerKind }) => ownerKind === kind);

    expect(ofKind('Node').every(({ isMirror }) => isMirror)).toBe(true);
    expect(ofKind('Node')).toHaveLength(9);
    expect(ofKind('DaemonSet').length).toBeGreaterThan(10);
    expect(ofKind('ReplicaSet').every(({ isReady, phase }) => isReady && phase === 'Running')).toBe(
      true,
    );
    expect(pods.every(({ node }) => node !== null && lab.handle.world.nodes.has(node))).toBe(true);
  });

  test('budgets tell whom they protect and how many may go', async () => {
    const { pdbs, pods } = await kubeOf(lab);
    const web = pdbs.find(({ name }) => name === 'web');

    expect(web).toMatchObject({ namespace: 'shop', selector: { matchLabels: { app: 'web' } } });
    expect(web?.disruptionsAllowed).toBeGreaterThan(0);
    expect(pods.filter(({ labels }) => labels.app === 'web').length).toBeGreaterThan(0);

    lab.change('strict-pdbs');
    lab.handle.world.clock.advance(60_000);

    expect((await kubeOf(lab)).pdbs.map(({ disruptionsAllowed }) => disruptionsAllowed)).toEqual(
      pdbs.map(() => 0),
    );
  });

  test('a node has the room of its volume, and more after it has grown', async () => {
    const { capacityBytes } = await kubeOf(lab);
    const before = capacityBytes.get(asNodeName('talos-w-02')) ?? 0;
    expect(before).toBeGreaterThan(90 * GIB);

    lab.change('grow-disk talos-w-02 30');
    lab.change('reboot-node talos-w-02');
    lab.handle.world.clock.advance(400_000);

    expect((await kubeOf(lab)).capacityBytes.get(asNodeName('talos-w-02'))).toBe(before + 30 * GIB);
  });

  test('volumes of Longhorn are told with their health', async () => {
    const { stores } = await kubeOf(lab);

    expect(stores).toHaveLength(2);
    expect(stores[0]).toMatchObject({
      kind: 'longhorn',
      namespace: 'longhorn-system',
      name: expect.stringMatching(/^pvc-/),
      isHealthy: true,
      text: 'attached, healthy',
    });
  });

  test('no other tool restarts nodes here', async () => {
    expect((await kubeOf(lab)).automations).toEqual([]);
  });
});

describe('when not everything is well', () => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('3+0');
  }, START_MS);
  afterAll(() => lab.close());

  test('an API server whose machine is down is not ready, the others are', async () => {
    lab.change('stop-node talos-cp-02');
    lab.handle.world.clock.advance(90_000);

    const { apiServers } = await kubeOf(lab);

    expect(apiServers.map(({ isReady }) => isReady)).toEqual([true, false, true]);
    expect(apiServers[1]?.text).not.toBe('');
    lab.change('start-node talos-cp-02');
    lab.handle.world.clock.advance(300_000);
  }, 30_000);

  test.each(['pods', 'poddisruptionbudgets', 'nodes', 'daemonsets'])(
    'who may not read %s knows nothing of the cluster',
    async (kind) => {
      lab.change(`forbid kube:${kind}`);
      try {
        const { kube } = await lab.inspect({ isKubeWanted: true });

        expect(kube).toMatchObject({ state: 'failed', error: { kind: 'forbidden' } });
      } finally {
        lab.change('allow');
      }
    },
  );

  test('a kubectl that is missing leaves the API servers unknown', async () => {
    const { kubectl: _, ...programs } = lab.connection.programs;
    const connection = { ...lab.connection, programs: { ...programs, kubectl: 'no-such-kubectl' } };

    const found = await lab.inspect({ isKubeWanted: true }, undefined, connection);

    expect(readOf(found.kube).apiServers.map(({ isReady }) => isReady)).toEqual([null, null, null]);
  });
});

describe('an API server that does not say ok', () => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('1+0');
  }, START_MS);
  afterAll(() => lab.close());

  const ask = (shell: Shell) =>
    readApiServers({
      connection: lab.connection,
      shell,
      addresses: [lab.address('talos-cp-01')],
      signal: new AbortController().signal,
    });

  // As kubectl 1.35 words it.
  test.each([
    [
      'Error from server (InternalError): an error on the server ("[+]ping ok\\n[+]log ok\\n[-]etcd failed: reason withheld\\n[-]etcd-readiness failed: reason withheld\\n[+]informer-sync ok\\nreadyz check failed") has prevented the request from succeeding',
      false,
      'failed checks: etcd, etcd-readiness',
    ],
    [
      'The connection to the server 10.0.0.12:6443 was refused - did you specify the right host or port?',
      false,
      'was refused',
    ],
    ['Unable to connect to the server: dial tcp 10.0.0.12:6443: i/o timeout', false, 'i/o timeout'],
    [
      'Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      false,
      'deadline exceeded',
    ],
    ['Unable to connect to the server: net/http: TLS handshake timeout', false, 'TLS handshake'],
    [
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
      null,
      'x509',
    ],
    ['error: You must be logged in to the server (Unauthorized)', null, 'logged in'],
    ['Error from server (Forbidden): User "ops" cannot get path "/readyz"', null, 'Forbidden'],
  ])('%s', async (stderr, isReady, text) => {
    const [found] = await ask({
      run: (argv) => Promise.reject(new CommandFailed(argv, 1, stderr, 'Look.')),
    });

    expect(found).toMatchObject({ isReady, text: expect.stringContaining(text) });
  });

  test('is asked directly, with the credentials of the context', async () => {
    const ran: string[] = [];
    const [found] = await ask({
      async run(argv) {
        ran.push(argv.slice(1).join(' '));
        return { stdout: 'not ok at all', stderr: '', durationMs: 1 };
      },
    });

    const { kubernetes } = lab.connection;
    const server = `https://${lab.address('talos-cp-01')}:${lab.handle.ports.kube}`;
    expect(found).toMatchObject({ isReady: false, text: 'not ok at all' });
    expect(ran).toEqual([
      `--kubeconfig ${kubernetes?.kubeconfigPath} --context ${kubernetes?.context} get --raw /readyz --server ${server} --request-timeout=4s`,
    ]);
  });
});

test(
  'databases that keep copies are told with their members',
  async () => {
    const lab = await startInspectedLab('seed-002');
    try {
      const { stores } = await kubeOf(lab);

      expect(stores.map(({ kind, name, isHealthy }) => [kind, name, isHealthy])).toEqual([
        ['cnpg', 'orders', true],
        ['scylla', 'metrics', true],
        ['rabbitmq', 'events', true],
      ]);
    } finally {
      await lab.close();
    }
  },
  START_MS,
);
