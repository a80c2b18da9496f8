// Makes assets/lab/etcd-seed.db.gz: a small database of a real etcd (Debian's etcd-server and etcd-client,
// 3.4 or newer), which the lab's snapshots are made from. Run it only to renew the seed; it needs etcd and
// etcdctl on PATH and uses loopback ports 12379 and 12380.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const TRAILER_BYTES = 32;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(tmpdir(), 'etcd-seed-'));
const client = 'http://127.0.0.1:12379';
const peer = 'http://127.0.0.1:12380';
const etcdctl = (...argv) =>
  execFileSync('etcdctl', [`--endpoints=${client}`, ...argv], {
    env: { ...process.env, ETCDCTL_API: '3' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();

const server = spawn(
  'etcd',
  [
    ['--name', 'talos-cp-01'],
    ['--data-dir', join(work, 'data')],
    ['--listen-client-urls', client],
    ['--advertise-client-urls', client],
    ['--listen-peer-urls', peer],
    ['--initial-advertise-peer-urls', peer],
    ['--initial-cluster', `talos-cp-01=${peer}`],
  ].flat(),
  { stdio: 'ignore' },
);
try {
  await untilHealthy();
  for (const [key, value] of keys()) etcdctl('put', key, value);
  const revision = JSON.parse(etcdctl('endpoint', 'status', '-w', 'json'))[0].Status.header
    .revision;
  etcdctl('compact', String(revision));
  etcdctl('defrag');
  const file = join(work, 'snapshot.db');
  etcdctl('snapshot', 'save', file);
  const database = readFileSync(file).subarray(0, -TRAILER_BYTES);
  const packed = gzipSync(database, { level: 9 });
  writeFileSync(join(root, 'assets/lab/etcd-seed.db.gz'), packed);
  console.log(`${database.length} bytes, revision ${revision}, packed ${packed.length} bytes`);
} finally {
  server.kill();
  rmSync(work, { recursive: true, force: true });
}

async function untilHealthy() {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      etcdctl('endpoint', 'health');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error('etcd did not start.');
}

function* keys() {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system', 'shop']) {
    yield [`/registry/namespaces/${name}`, `{"kind":"Namespace","metadata":{"name":"${name}"}}`];
  }
  for (const name of ['talos-cp-01', 'talos-cp-02', 'talos-cp-03', 'talos-w-01', 'talos-w-02']) {
    yield [`/registry/minions/${name}`, `{"kind":"Node","metadata":{"name":"${name}"}}`];
    yield [
      `/registry/leases/kube-node-lease/${name}`,
      `{"kind":"Lease","metadata":{"name":"${name}"}}`,
    ];
  }
  for (const name of ['coredns', 'kube-proxy', 'kube-flannel']) {
    yield [
      `/registry/configmaps/kube-system/${name}`,
      `{"kind":"ConfigMap","metadata":{"name":"${name}"}}`,
    ];
  }
}
