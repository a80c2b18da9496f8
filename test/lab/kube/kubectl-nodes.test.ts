import { afterEach, beforeEach, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { main } from '../../../src/lab/stand-ins/kubectl/main.js';
import { getObject } from '../../../src/lab/world/kube-store.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { recordedIo } from '../../support/program-io.js';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const GRACEFUL = ['--ignore-daemonsets', '--delete-emptydir-data'];

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 100 });
});

afterEach(() => serverLab.close());

async function kubectl(args: readonly string[], stdin = '') {
  const recorded = recordedIo({ stdin, env: { HOME: serverLab.lab.dir } });
  const code = await main(['--kubeconfig', serverLab.kubeconfig(), ...args], recorded.io);
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

const isCordoned = (name: string): unknown =>
  (getObject(serverLab.lab.world, 'nodes', name)?.spec as { unschedulable?: boolean } | undefined)
    ?.unschedulable;

const lease = (version?: string): string =>
  JSON.stringify({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: 'talos-tui',
      namespace: 'kube-system',
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
    spec: { holderIdentity: 'root@pve:run-1', leaseDurationSeconds: 60 },
  });

test('a node is cordoned once, and freed again', async () => {
  const first = await kubectl(['cordon', 'talos-w-01']);
  const second = await kubectl(['cordon', 'talos-w-01']);

  expect(isCordoned('talos-w-01')).toBe(true);
  expect([first.stdout, second.stdout]).toEqual([
    'node/talos-w-01 cordoned\n',
    'node/talos-w-01 already cordoned\n',
  ]);
  expect((await kubectl(['uncordon', 'talos-w-01'])).stdout).toBe('node/talos-w-01 uncordoned\n');
  expect(isCordoned('talos-w-01')).toBeUndefined();
});

test('a trial changes nothing', async () => {
  const { stdout } = await kubectl(['cordon', 'talos-w-01', '--dry-run=server']);

  expect(stdout).toBe('node/talos-w-01 cordoned (server dry run)\n');
  expect(isCordoned('talos-w-01')).toBeUndefined();
});

test('a deleted pod is waited for, not the one that takes its place and its name', async () => {
  // Every answer comes so late that the pod was replaced before anybody can look.
  serverLab.lab.world.faults.latencyMs.set('kube', 600);
  const { code, stdout } = await kubectl(['delete', 'pod', 'db-0', '-n', 'shop', '--timeout=5s']);

  expect(stdout).toBe('pod "db-0" deleted from shop namespace\n');
  expect(code).toBe(0);
});

test('a drain waits until the pods are gone, and leaves those of daemon sets', async () => {
  const { code, stdout, stderr } = await kubectl([
    ...['drain', 'talos-w-01', ...GRACEFUL, '--timeout=60s'],
  ]);
  const left = await kubectl([
    'get',
    'pods',
    '-A',
    '-o',
    'name',
    '--field-selector',
    'spec.nodeName=talos-w-01',
  ]);

  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^node\/talos-w-01 cordoned\n(?:evicting pod .*\n|pod\/\S+ evicted\n)+node\/talos-w-01 drained\n$/,
  );
  expect(stderr).toMatch(/^Warning: ignoring DaemonSet-managed Pods: kube-system\/kube-flannel-/);
  expect(left.stdout).toMatch(/^pod\/kube-flannel-\w+\npod\/kube-proxy-\w+\n$/);
});

test('a drain that may not leave daemon sets alone takes nothing', async () => {
  const { code, stdout, stderr } = await kubectl(['drain', 'talos-w-01']);

  expect(code).toBe(1);
  expect(stdout).toBe('node/talos-w-01 cordoned\n');
  expect(stderr).toContain(
    'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
  );
  expect(stderr).toContain('There are pending nodes to be drained:\n talos-w-01\n');
});

test('a drain gives up when a disruption budget holds it up', async () => {
  const { code, stderr } = await kubectl([
    ...['drain', 'talos-w-01', 'talos-w-02', ...GRACEFUL, '--timeout=1s'],
  ]);

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /error when evicting pods\/"db-\d" -n "shop" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\./,
  );
  expect(stderr).toContain('global timeout reached: 1s');
});

test('a lock is taken once, and only by who saw it last', async () => {
  const first = await kubectl(['create', '-f', '-'], lease());
  const second = await kubectl(['create', '-f', '-'], lease());
  const stale = await kubectl(['replace', '--raw', `${LEASES}/talos-tui`, '-f', '-'], lease('1'));

  expect(first).toMatchObject({ code: 0, stdout: 'lease.coordination.k8s.io/talos-tui created\n' });
  expect(second.stderr).toBe(
    'Error from server (AlreadyExists): error when creating "STDIN": leases.coordination.k8s.io "talos-tui" already exists\n',
  );
  expect(stale.code).toBe(1);
  expect(stale.stderr).toMatch(
    /^Error from server \(Conflict\): Operation cannot be fulfilled on leases/,
  );
});

test('an annotation is not replaced in passing', async () => {
  await kubectl(['annotate', 'node', 'talos-w-01', 'talos-tui/cordoned-by=run-1']);
  const taken = await kubectl(['annotate', 'node', 'talos-w-01', 'talos-tui/cordoned-by=run-2']);
  const removed = await kubectl(['annotate', 'node', 'talos-w-01', 'talos-tui/cordoned-by-']);

  expect(taken.code).toBe(1);
  expect(taken.stderr).toContain("'talos-tui/cordoned-by' already has a value (run-1)");
  expect(removed.stdout).toBe('node/talos-w-01 annotated\n');
  expect(
    getObject(serverLab.lab.world, 'nodes', 'talos-w-01')?.metadata.annotations,
  ).not.toHaveProperty('talos-tui/cordoned-by');
});

test('what is waited for is told, also that it did not come', async () => {
  const met = await kubectl(['wait', 'node/talos-w-01', '--for=condition=Ready', '--timeout=5s']);
  const late = await kubectl([
    ...['wait', 'node/talos-w-01', '--for=condition=DiskPressure', '--timeout=200ms'],
  ]);

  expect(met.stdout).toBe('node/talos-w-01 condition met\n');
  expect(late).toMatchObject({
    code: 1,
    stderr: 'error: timed out waiting for the condition on nodes/talos-w-01\n',
  });
});
