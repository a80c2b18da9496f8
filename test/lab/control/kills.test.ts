import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';

let serverLab: ServerLab;
const children: ChildProcess[] = [];

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await serverLab.close();
});

const world = () => serverLab.lab.world;

function run(script: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  children.push(child);
  return child;
}

/** Orders a change of VM 104, says so, and waits for ever. */
const caller = (): ChildProcess =>
  run(
    `require('node:https').request({
      host: process.env.HOST, port: process.env.PORT, method: 'PUT', agent: false,
      path: '/api2/json/nodes/pve1/qemu/104/config', ca: process.env.CA,
      headers: { authorization: 'PVEAPIToken=' + process.env.TOKEN, 'content-length': 8,
        'content-type': 'application/x-www-form-urlencoded' },
    }, (answer) => { console.log(answer.statusCode); process.exit(0); })
      .on('error', () => process.exit(7)).end('tags=new');`,
    {
      HOST: world().facts.pveAddress,
      PORT: String(serverLab.lab.ports.pve),
      TOKEN: serverLab.lab.pveToken,
      CA: serverLab.lab.pki.pveCaPem,
    },
  );

const endOf = async (child: ChildProcess): Promise<NodeJS.Signals | number | null> => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal ?? code;
};

test('whoever makes a call dies after it, and what was ordered has happened', async () => {
  labLine(world(), 'kill-at PUT:/nodes/*/qemu/*/config:after');
  expect(await endOf(caller())).toBe('SIGKILL');
  expect(world().vms.get(104)?.config.tags).toBe('new');
  expect(await endOf(caller())).toBe(0);
});

test('whoever makes a call dies before it, and nothing has happened', async () => {
  const before = world().vms.get(104)?.config.tags;
  labLine(world(), 'kill-at PUT:/nodes/*/qemu/*/config:before');

  expect(await endOf(caller())).toBe('SIGKILL');
  expect(world().vms.get(104)?.config.tags).toBe(before);
});

test('a program that passes its step has its parent killed once, by its words', async () => {
  const victim = run('setInterval(() => {}, 1000)');
  labLine(world(), 'kill-at talosctl:etcd-snapshot:after');
  const pass = (line: string): string => labLine(world(), `pass-step ${line}`);
  const argv = `talosctl --talosconfig /x/talosconfig -n 127.7.0.11 etcd snapshot /x/db`;
  expect(pass(`before ${victim.pid} ${argv}`)).toBe('goes on');
  expect(pass(`after ${victim.pid} talosctl -n 127.7.0.11 etcd members`)).toBe('goes on');
  const ended = endOf(victim);
  expect(pass(`after ${victim.pid} ${argv}`)).toBe('killed');
  expect(await ended).toBe('SIGKILL');
  expect(pass(`after ${victim.pid} ${argv}`)).toBe('goes on');
});

test.each(['talosctl:upgrade', 'upgrade:after', 'PUT:/nodes:during', ':after'])(
  'a step that cannot be is told: %s',
  (step) => {
    expect(() => labLine(world(), `kill-at ${step}`)).toThrow(/kill-at: /);
    expect(world().faults.kills).toEqual([]);
  },
);

test('an answer ends in the middle, and what was ordered has happened', async () => {
  labLine(world(), 'truncate pve:PUT:/nodes/*/qemu/*/config 5 1');
  expect(await endOf(caller())).not.toBe('SIGKILL');
  expect(world().vms.get(104)?.config.tags).toBe('new');
});

test('a connection that breaks without a byte leaves the caller in doubt', async () => {
  labLine(world(), 'truncate pve 0 1');
  expect(await endOf(caller())).toBe(7);
  expect(world().vms.get(104)?.config.tags).toBe('new');
});

test('errors and latency concern one call and leave the others alone', async () => {
  labLine(world(), 'api-errors pve:PUT:/nodes/*/qemu/104/config 596 1');
  labLine(world(), 'latency pve:GET:/version 300');
  const child = caller();
  const said: string[] = [];
  child.stdout?.on('data', (data: Buffer) => said.push(data.toString()));
  expect(await endOf(child)).toBe(0);
  expect(said.join('').trim()).toBe('596');
  const { latencyMsOf } = await import('../../../src/lab/world/faults.js');
  expect(latencyMsOf(world(), 'pve', 'GET:/version')).toBe(300);
  expect(latencyMsOf(world(), 'pve', 'GET:/nodes')).toBe(0);
  labLine(world(), 'no-faults');
  expect(latencyMsOf(world(), 'pve', 'GET:/version')).toBe(0);
});
