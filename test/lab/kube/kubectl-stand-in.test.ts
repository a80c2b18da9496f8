import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { main } from '../../../src/lab/stand-ins/kubectl/main.js';
import { requestServing } from '../../../src/lab/world/csr.js';
import { getObject } from '../../../src/lab/world/kube-store.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { recordedIo } from '../../support/program-io.js';

const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

let serverLab: ServerLab;
let kubeconfig: string;

beforeAll(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0 });
  kubeconfig = serverLab.kubeconfig();
});

afterAll(() => serverLab.close());

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function kubectl(args: readonly string[], stdin = ''): Promise<Ran> {
  const recorded = recordedIo({ stdin, env: { HOME: serverLab.lab.dir } });
  const code = await main(args, recorded.io);
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

const inLab = (args: readonly string[], stdin?: string): Promise<Ran> =>
  kubectl(['--kubeconfig', kubeconfig, '--context', 'admin@lab', ...args], stdin);

function newCsr(): string {
  const { world } = serverLab.lab;
  const node = world.nodes.get('talos-w-01');
  if (node === undefined) throw new Error('no worker');
  return requestServing(world, node);
}

test('version tells both sides, and the client alone without a server', async () => {
  const both = await inLab(['version', '-o', 'json']);
  const alone = await kubectl(['version', '--client', '-o', 'json']);

  expect(JSON.parse(both.stdout)).toMatchObject({
    clientVersion: { gitVersion: 'v1.35.0' },
    serverVersion: { gitVersion: 'v1.35.0' },
  });
  expect(JSON.parse(alone.stdout)).not.toHaveProperty('serverVersion');
  expect(alone.code).toBe(0);
});

test('raw reads are the bytes of the server', async () => {
  const { code, stdout } = await inLab(['get', '--raw', '/api/v1/nodes?limit=500']);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'NodeList',
    metadata: { resourceVersion: String(serverLab.lab.world.etcd.revision) },
  });
});

test('a printed list has lost its revision, and its items know their kind', async () => {
  const { stdout } = await inLab(['get', 'nodes,csr', '-o', 'json']);
  const list = JSON.parse(stdout);

  expect(list).toMatchObject({ kind: 'List', metadata: { resourceVersion: '' } });
  expect(list.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'Node' });
  expect(stdout).toMatch(/^\{\n {4}"apiVersion": "v1",\n {4}"items": \[/);
});

test('tables are those of kubectl', async () => {
  const { stdout } = await inLab(['get', 'nodes']);

  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'NAME          STATUS   ROLES           AGE   VERSION',
    'talos-cp-01   Ready    control-plane   40d   v1.35.0',
  ]);
});

test('an approval is put with the validated object and signed, a second one conflicts', async () => {
  const name = newCsr();
  const { stdout } = await inLab(['get', '--raw', `${CSRS}/${name}`]);
  const condition = { type: 'Approved', status: 'True', reason: 'Checked', message: 'm' };
  const body = JSON.stringify({ ...JSON.parse(stdout), status: { conditions: [condition] } });
  const argv = ['replace', '--raw', `${CSRS}/${name}/approval`, '-f', '-'];
  const first = await inLab(argv, body);
  serverLab.lab.world.clock.advance(1000);
  const second = await inLab(argv, body);

  expect(first.code).toBe(0);
  expect(JSON.parse(first.stdout).status.conditions).toMatchObject([condition]);
  expect(getObject(serverLab.lab.world, 'certificatesigningrequests', name)?.status).toHaveProperty(
    'certificate',
  );
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(/^Error from server \(Conflict\): Operation cannot be fulfilled/);
});

test('certificate approve and deny say what kubectl says, each name for itself', async () => {
  const name = newCsr();
  const approved = await inLab(['certificate', 'approve', name, 'nobody']);
  const again = await inLab(['certificate', 'approve', name]);
  const denied = await inLab(['certificate', 'deny', name]);

  expect(approved).toEqual({
    code: 1,
    stdout: `certificatesigningrequest.certificates.k8s.io/${name} approved\n`,
    stderr:
      'Error from server (NotFound): certificatesigningrequests.certificates.k8s.io "nobody" not found\n',
  });
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(denied).toMatchObject({
    code: 1,
    stderr: `error: certificate signing request "${name}" is already Approved\n`,
  });
});

test.each([
  [['get', 'nodes', 'nobody'], 'Error from server (NotFound): nodes "nobody" not found\n'],
  [['get', 'unicorns'], 'error: the server doesn\'t have a resource type "unicorns"\n'],
  [
    ['get', '--raw', '/nothing'],
    'Error from server (NotFound): the server could not find the requested resource\n',
  ],
  [['get', '--raw', '/a', 'nodes'], 'error: arguments may not be passed when --raw is specified\n'],
  [['proxy', '--colour'], "error: unknown flag: --colour\nSee 'kubectl proxy --help' for usage.\n"],
  [['replace', '--raw', '/a'], 'error: must specify one of -f and -k\n'],
  [
    ['certificate', 'approve'],
    'error: one or more CSRs must be specified as <name> or -f <filename>\n',
  ],
])('kubectl %j fails in its own words', async (args, stderr) => {
  expect(await inLab(args)).toEqual({ code: 1, stdout: '', stderr });
});

test('a kubeconfig that cannot be used is told as kubectl tells it', async () => {
  const broken = join(serverLab.lab.dir, 'broken');
  writeFileSync(broken, 'a: [');

  expect((await kubectl(['--kubeconfig', '/nowhere/config', 'get', 'nodes'])).stderr).toBe(
    'error: stat /nowhere/config: no such file or directory\n',
  );
  expect(
    (await kubectl(['--kubeconfig', kubeconfig, '--context', 'x', 'get', 'nodes'])).stderr,
  ).toBe('Error in configuration: context was not found for specified context: x\n');
  expect(
    (await kubectl(['--kubeconfig', kubeconfig, '--context', 'x', 'get', '--raw', '/'])).stderr,
  ).toBe('error: context "x" does not exist\n');
  expect((await kubectl(['--kubeconfig', broken, 'get', 'nodes'])).stderr).toContain(
    `error: error loading config file "${broken}": yaml: `,
  );
});

test('what goes wrong on the way has the words of Go', async () => {
  const { pki, world, ports } = serverLab.lab;
  const silent = createServer((socket) => socket.end());
  const address = world.facts.gateway;
  await new Promise<void>((resolve) => silent.listen(ports.kube, address, resolve));
  const failing = async (server: string, client = pki.kubeAdmin()): Promise<string> =>
    (
      await kubectl([
        '--kubeconfig',
        serverLab.kubeconfig(server, client),
        'get',
        '--raw',
        '/version',
      ])
    ).stderr;

  const [worker] = [...world.nodes.values()].filter(({ role }) => role === 'worker');
  expect(await failing(`https://${worker?.address}:${ports.kube}`)).toBe(
    `The connection to the server ${worker?.address}:${ports.kube} was refused - did you specify the right host or port?\n`,
  );
  expect(await failing(`https://${address}:${ports.kube}`)).toBe(
    'Unable to connect to the server: EOF\n',
  );
  expect(await failing(world.facts.kubeEndpoint, pki.pveServer())).toBe(
    'error: You must be logged in to the server (Unauthorized)\n',
  );
  silent.close();
});

test('a time limit ends a call that the server does not answer', async () => {
  const { faults } = serverLab.lab.world;
  faults.latencyMs.set('kube', 2000);
  const raw = await inLab(['get', '--raw', '/version', '--request-timeout=100ms']);
  const typed = await inLab(['get', 'nodes', '--request-timeout=100ms']);
  faults.latencyMs.delete('kube');

  expect(raw.stderr).toContain('(Client.Timeout exceeded while awaiting headers)');
  expect(typed.stderr).toBe('Unable to connect to the server: context deadline exceeded\n');
});

test('without any configuration kubectl talks to localhost:8080', async () => {
  const { code, stderr } = await kubectl(['get', '--raw', '/version']);

  expect(code).toBe(1);
  expect(stderr).toBe(
    'The connection to the server localhost:8080 was refused - did you specify the right host or port?\n',
  );
});

test('failing readiness arrives as the quoted body of the server', async () => {
  const { world } = serverLab.lab;
  const leader = world.etcd.leaderId;
  world.etcd.leaderId = null;
  const { code, stderr } = await inLab(['get', '--raw', '/readyz?verbose']);
  world.etcd.leaderId = leader;

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^Error from server \(InternalError\): an error on the server \("\[\+\]ping ok\\n.*\[-\]etcd failed: reason withheld\\n.*readyz check failed"\) has prevented the request from succeeding\n$/,
  );
});

test('a list is printed as YAML, as Go writes it', async () => {
  const { code, stdout } = await inLab(['get', 'node', 'talos-cp-01', '-o', 'yaml']);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^apiVersion: v1\nkind: Node\nmetadata:\n {2}annotations:\n/);
  expect(parse(stdout)).toEqual(
    JSON.parse((await inLab(['get', 'node', 'talos-cp-01', '-o', 'json'])).stdout),
  );
});

test('several types in one table carry their names', async () => {
  const { stdout } = await inLab(['get', 'nodes,csr']);

  expect(stdout).toMatch(/^node\/talos-cp-01 /m);
  expect(stdout).toMatch(/^certificatesigningrequest\.certificates\.k8s\.io\/csr-/m);
});

test('with a cold cache a server that is not there leaves stdout empty, with a warm one a list', async () => {
  const away = `https://${serverLab.lab.world.facts.lanPrefix}.0.99:6443`;
  const get = ['get', 'nodes', '-o', 'json', '--server', away];
  const cache = mkdtempSync(join(serverLab.lab.dir, 'cache-'));
  const cold = await inLab([...get, '--cache-dir', cache]);
  const folder = join(cache, 'discovery', new URL(away).host.replace(':', '_'), 'stand-in');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'asked'), '');
  const warm = await inLab([...get, '--cache-dir', cache]);

  expect([cold.code, cold.stdout]).toEqual([1, '']);
  expect(cold.stderr.split('\n').slice(-2)[0]).toContain('was refused');
  expect(cold.stderr.match(/memcache\.go/g)).toHaveLength(5);
  expect([warm.code, JSON.parse(warm.stdout).items]).toEqual([1, []]);
});
