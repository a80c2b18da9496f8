import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/patience.js';
import { startTalosTestLab, type TalosTestLab } from '../../support/talos-lab.js';
import {
  buildTalosctl,
  filesIn,
  type Outcome,
  startTalosctl,
  writeTalosconfig,
} from '../../support/talosctl.js';
import { tempDir } from '../../support/temp-dir.js';

let programDirectory: string;
let program: string;
let lab: TalosTestLab;
let directory: string;

beforeAll(async () => {
  programDirectory = await mkdtemp(join(tmpdir(), 'talosctl-'));
  program = await buildTalosctl(programDirectory);
});

afterAll(() => rm(programDirectory, { recursive: true, force: true }));

beforeEach(async () => {
  lab = await startTalosTestLab();
  directory = await tempDir();
});

afterEach(() => lab.close());

const addressOf = (hostname: string): string => lab.node(hostname).address;

/** With a talosconfig for all control planes. */
function talosctl(...args: readonly string[]): Promise<Outcome> {
  const config = join(directory, 'talosconfig');
  if (!existsSync(config)) {
    const endpoints = ['talos-cp-01', 'talos-cp-02', 'talos-cp-03'].map(addressOf);
    writeTalosconfig(config, lab, { endpoints, nodes: [addressOf('talos-cp-01')] });
  }
  return startTalosctl(program, ['--talosconfig', config, ...args]).outcome;
}

function stop(hostname: string): void {
  lab.node(hostname).isUp = false;
  lab.world.touch(`node:${hostname}`);
}

test('its own version needs no cluster', async () => {
  const { outcome } = startTalosctl(program, ['version', '--client', '--short']);

  expect(await outcome).toEqual({ code: 0, stdout: 'Client:\nTalos v1.12.4\n', stderr: '' });
});

test('the version of nodes comes as one JSON object per line', async () => {
  const nodes = [addressOf('talos-cp-02'), addressOf('talos-w-01')];
  const { code, stdout } = await talosctl('version', '--json', '-n', nodes.join(','));

  expect(code).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject(
    nodes.map((hostname) => ({
      metadata: { hostname },
      version: { tag: 'v1.12.4', arch: 'amd64' },
      platform: { name: 'metal' },
      features: { rbac: true },
    })),
  );
});

test('etcd members are a table with hexadecimal ids', async () => {
  const { code, stdout } = await talosctl('etcd', 'members');
  const [header, ...rows] = stdout.trimEnd().split('\n');

  expect(code).toBe(0);
  expect(header?.split(/ {3,}/)).toEqual([
    'NODE',
    'ID',
    'HOSTNAME',
    'PEER URLS',
    'CLIENT URLS',
    'LEARNER',
  ]);
  expect(rows.map((row) => row.split(/ {3,}/)[1])).toEqual([...lab.world.etcd.members.keys()]);
});

test('the status of a member says size, leader and index', async () => {
  const { stdout } = await talosctl('etcd', 'status');
  const cells = stdout.split('\n')[1]?.split(/ {3,}/) ?? [];

  expect(cells[2]).toMatch(/^\d+ MB$/);
  expect(cells[3]).toMatch(/^[\d.]+ MB \(\d\d\.\d\d%\)$/);
  expect(cells[4]).toBe(lab.world.etcd.leaderId);
});

test('no alarm is no output, and an alarm is a row', async () => {
  expect(await talosctl('etcd', 'alarm', 'list')).toEqual({ code: 0, stdout: '', stderr: '' });
  const [member] = lab.world.etcd.members.values();
  member?.alarms.add('NOSPACE');

  const { stdout } = await talosctl('etcd', 'alarm', 'list');
  expect(stdout).toContain(`${member?.id}   NOSPACE`);
});

test('one dead node among several is a warning, alone it is an error', async () => {
  stop('talos-cp-03');
  const dead = addressOf('talos-cp-03');
  const some = await talosctl('etcd', 'status', '-n', `${addressOf('talos-cp-01')},${dead}`);
  const none = await talosctl('etcd', 'status', '-n', dead);
  const reason = `\t* ${dead}: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp ${dead}:50000: connect: no route to host"`;

  expect(some).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`WARNING: 1 error occurred:\n${reason}`),
  });
  expect(some.stdout.split('\n')).toHaveLength(3);
  expect(none).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`error getting status: 1 error occurred:\n${reason}`),
  });
});

test('a snapshot is saved privately, and what is said about it is true', async () => {
  const path = join(directory, 'lab.db');
  const { code, stdout } = await talosctl('etcd', 'snapshot', path);
  const size = statSync(path).size;

  expect(code).toBe(0);
  expect(stdout).toMatch(
    new RegExp(
      `^etcd snapshot saved to "${path}" \\(${size} bytes\\)\nsnapshot info: hash [0-9a-f]{8}, revision ${lab.world.etcd.revision}, total keys \\d+, total size ${size - 32}\n$`,
    ),
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(size % 512).toBe(32);
  expect(filesIn(directory)).toEqual(['lab.db', 'talosconfig']);
});

test('a snapshot that breaks off leaves no file', async () => {
  const path = join(directory, 'lab.db');
  const config = join(directory, 'other');
  writeTalosconfig(config, lab, { endpoints: [addressOf('talos-cp-01')] });
  const { outcome } = startTalosctl(program, [
    '--talosconfig',
    config,
    ...['-n', addressOf('talos-cp-02'), 'etcd', 'snapshot', path],
  ]);
  await untilExists(`${path}.part`);
  stop('talos-cp-02');

  const { code, stderr, stdout } = await outcome;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('error reading: ');
  expect(filesIn(directory)).toEqual(['other']);
});

const untilExists = (path: string): Promise<void> =>
  eventually(() => expect(existsSync(path)).toBe(true));

test('an interrupted snapshot cleans up behind itself', async () => {
  const path = join(directory, 'lab.db');
  const config = join(directory, 'config');
  writeTalosconfig(config, lab, { endpoints: [addressOf('talos-cp-01')] });
  const running = startTalosctl(program, [
    '--talosconfig',
    config,
    ...['-n', addressOf('talos-cp-02'), 'etcd', 'snapshot', path],
  ]);
  await untilExists(`${path}.part`);
  lab.node('talos-cp-02').isHung = true;
  lab.world.touch('node:talos-cp-02');
  running.signal('SIGINT');

  expect(await running.outcome).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Signal received, aborting'),
  });
  expect(filesIn(directory)).toEqual(['config']);
});

test.each([
  [
    ['/nonexistent/x.db'],
    'error creating temporary file: open /nonexistent/x.db.part: no such file or directory',
  ],
  [[], 'accepts 1 arg(s), received 0'],
])('a snapshot to %j is refused with the reason', async (operands, text) => {
  const { code, stderr } = await talosctl('etcd', 'snapshot', ...operands);

  expect(code).toBe(1);
  expect(stderr.split('\n')[0]).toBe(text);
});

test('a snapshot comes from one node, and not from a worker', async () => {
  const path = join(directory, 'lab.db');
  const two = `${addressOf('talos-cp-01')},${addressOf('talos-cp-02')}`;
  expect(await talosctl('etcd', 'snapshot', path, '-n', two)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^command "etcd snapshot" is not supported with multiple nodes\n/,
    ),
  });
  expect(await talosctl('etcd', 'snapshot', path, '-n', addressOf('talos-w-01'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('etcd snapshot is only available on control plane nodes'),
  });
});

test('resources come as pretty JSON objects one after the other', async () => {
  const { stdout } = await talosctl('get', 'extensions', '-o', 'json');
  const documents = stdout
    .trimEnd()
    .split(/\n(?=\{)/)
    .map((text) => JSON.parse(text));

  expect(documents).toHaveLength(4);
  expect(documents[3]).toMatchObject({
    node: addressOf('talos-cp-01'),
    metadata: { id: 3, namespace: 'runtime', version: 1, phase: 'running' },
    spec: { metadata: { name: 'schematic', version: lab.world.facts.schematic } },
  });
  expect(Object.keys(documents[0])).toEqual(['metadata', 'node', 'spec']);
  expect(stdout.startsWith('{\n    "metadata": {\n        "created"')).toBe(true);
});

test('resources come as a table and as YAML', async () => {
  const table = await talosctl('get', 'machinestatus');
  const yaml = await talosctl('get', 'machinetype', '-o', 'yaml');

  expect(table.stdout.split('\n')[0]?.split(/ {3,}/)).toEqual([
    'NODE',
    'NAMESPACE',
    'TYPE',
    'ID',
    'VERSION',
    'STAGE',
    'READY',
  ]);
  expect(table.stdout).toContain('MachineStatus   machine   1         running   true');
  expect(yaml.stdout).toMatch(/^node: 127\.\d+\.0\.11\nmetadata:\n {4}namespace: config\n/);
  expect(yaml.stdout).toMatch(/\nspec: controlplane\n$/);
});

test.each([
  [['get', 'wombats'], 'rpc error: code = NotFound desc = resource "wombats" is not registered'],
  [
    ['get', 'ms'],
    'rpc error: code = InvalidArgument desc = resource type "ms" is ambiguous: [machinestatuses.runtime.talos.dev manifeststatuses.kubernetes.talos.dev memorystats.perf.talos.dev mountstatuses.block.talos.dev]',
  ],
  [['get', 'members', '--wombat'], 'unknown flag: --wombat'],
  [['wombat'], 'unknown command "wombat" for "talosctl"'],
  [
    ['--context', 'wombat', '-e', '127.0.0.1', 'etcd', 'members'],
    'error constructing client: failed to create client connection: failed to resolve configuration context: context "wombat" not found in config',
  ],
])('%j ends with code 1 and says why', async (args, text) => {
  const { code, stderr } = await talosctl(...args);

  expect(code).toBe(1);
  expect(stderr.split('\n')[0]).toBe(text);
});

test('services show state, health and the last event', async () => {
  const list = await talosctl('services');
  const one = await talosctl('service', 'etcd');
  const unknown = await talosctl('service', 'wombat');

  expect(list.stdout).toMatch(/ {3}etcd +Running +OK +\S+ ago +Health check successful/);
  expect(list.stdout).toMatch(/ {3}ext-iscsid +Running +\? +/);
  expect(one.stdout).toMatch(/^NODE +127\S+\nID +etcd\nSTATE +Running\nHEALTH +OK\n/);
  expect(unknown).toMatchObject({
    code: 1,
    stderr: 'service "wombat" is not registered on any nodes\n',
  });
});

test('the configuration tells endpoints, role and expiry', async () => {
  const { stdout } = await talosctl('config', 'info', '-o', 'json');

  expect(JSON.parse(stdout)).toMatchObject({
    context: 'lab',
    nodes: [addressOf('talos-cp-01')],
    roles: ['os:admin'],
    certNotAfter: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    certTTL: '1 year from now',
  });
});

test('without endpoints or nodes nothing is tried', async () => {
  const config = join(directory, 'empty');
  writeTalosconfig(config, lab, { endpoints: [] });
  const run = (...args: readonly string[]): Promise<Outcome> =>
    startTalosctl(program, ['etcd', 'members', ...args], { TALOSCONFIG: config }).outcome;

  expect(await run()).toMatchObject({
    code: 1,
    stderr: 'error constructing client: failed to determine endpoints\n',
  });
  expect((await run('-e', '10.0.0.1')).stderr).toMatch(/^nodes are not set for the command/);
});

test('a missing configuration file is created empty and then refused', async () => {
  const config = join(directory, 'new', 'config');
  mkdirSync(join(directory, 'new'));
  const { outcome } = startTalosctl(program, ['--talosconfig', config, 'etcd', 'members']);

  expect(await outcome).toMatchObject({
    code: 1,
    stderr: 'error constructing client: failed to determine endpoints\n',
  });
  expect(readFileSync(config, 'utf8')).toBe('context: ""\ncontexts: {}\n');
  expect(statSync(config).mode & 0o777).toBe(0o600);
});

test('a role that is too weak and a foreign certificate are told apart', async () => {
  const config = join(directory, 'weak');
  const endpoints = [addressOf('talos-cp-01')];
  const run = async (): Promise<string> => {
    const args = ['--talosconfig', config, '-n', endpoints[0] ?? '', 'etcd', 'defrag'];
    return (await startTalosctl(program, args).outcome).stderr;
  };
  writeTalosconfig(config, lab, { endpoints, pair: lab.pki.talosClient('os:reader') });
  expect(await run()).toContain('code = PermissionDenied desc = not authorized');

  const other = await startTalosTestLab();
  try {
    writeTalosconfig(config, lab, { endpoints, pair: other.pki.talosAdmin() });
    expect(await run()).toContain('remote error: tls: unknown certificate authority');
    const hourMs = 3_600_000;
    const past = { fromMs: Date.now() - 2 * hourMs, toMs: Date.now() - hourMs };
    writeTalosconfig(config, lab, { endpoints, pair: lab.pki.talosClient('os:admin', past) });
    expect(await run()).toContain('remote error: tls: expired certificate');
    writeTalosconfig(config, other, { endpoints });
    expect(await run()).toContain('x509: certificate signed by unknown authority');
  } finally {
    await other.close();
  }
});
