import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { choosePort } from '../../src/lab/control/lan.js';
import {
  type LabOptions,
  LabUsageError,
  labScenarios,
  type RunningLab,
  runLab,
  sendToLab,
  startLab,
} from '../../src/lab/lab.js';
import { ClientError } from '../../src/model/errors.js';

const running: RunningLab[] = [];
const directories: string[] = [];

function newDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lab-'));
  directories.push(dir);
  return dir;
}

async function start(options: Partial<LabOptions> = {}): Promise<RunningLab> {
  const lab = await startLab({
    scenario: 'healthy',
    seed: 1,
    timeScale: 0,
    dir: newDirectory(),
    ...options,
  });
  running.push(lab);
  return lab;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((lab) => lab.close()));
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true });
});

interface GetOptions {
  readonly ca: string;
  readonly authorization?: string;
  readonly cert?: string;
  readonly key?: string;
}

const get = (url: string, { authorization, ...tls }: GetOptions) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    request(url, { ...tls, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

const isOpen = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => socket.destroy());
    socket.on('connect', () => socket.end());
  });

test('a lab writes everything that a client needs, readable for its owner only', async () => {
  const { handle } = await start();
  const { dir } = handle;
  const modeOf = (name: string): number => statSync(join(dir, name)).mode & 0o777;

  for (const name of [
    'talosconfig',
    'kubeconfig',
    'pve.json',
    'pve-token',
    'pve-ca.pem',
    'env.sh',
  ]) {
    expect([name, modeOf(name)]).toEqual([name, 0o600]);
  }
  expect(modeOf('control.sock')).toBe(0o600);
  for (const name of ['talosctl', 'kubectl', 'helm']) expect(modeOf(join('bin', name))).toBe(0o700);
  const launcher = readFileSync(join(dir, 'bin/talosctl'), 'utf8').split('\n');
  expect(launcher.at(0)).toBe('#!/bin/sh');
  expect(launcher.at(-2)).toBe(
    `exec '${process.execPath}' '${join(process.cwd(), 'dist/stand-ins/talosctl.js')}' "$@"`,
  );
  const prefix = handle.world.facts.lanPrefix;
  expect(readFileSync(join(dir, 'env.sh'), 'utf8').split('\n')).toEqual([
    `export TALOSCONFIG='${dir}/talosconfig'`,
    `export KUBECONFIG='${dir}/kubeconfig'`,
    `export TALOS_TUI_PVE='${dir}/pve.json'`,
    `export TALOS_TUI_FACTORY_URL='http://${prefix}.0.3:${handle.ports.factory}'`,
    `export TALOS_TUI_CHARTS_URL='http://${prefix}.0.3:${handle.ports.factory}/charts'`,
    `export PATH='${dir}/bin':"$PATH"`,
    '',
  ]);
});

test.each([
  [{ scenario: 'talos-1.11' }, 'v1.11.6'],
  [{ scenario: 'talos-1.13' }, 'v1.13.9'],
  [{ scenario: 'talos-1.14' }, 'v1.14.1'],
  [{ scenario: '1+1', talosVersion: 'v1.13.0' }, 'v1.13.0'],
])('a lab of another Talos brings its own talosctl: %o', async (options, version) => {
  const { handle } = await start(options);
  expect([...handle.world.nodes.values()].every((node) => node.talosVersion === version)).toBe(
    true,
  );
  expect(readFileSync(join(handle.dir, 'bin', 'talosctl'), 'utf8')).toContain(
    `export TALOS_TUI_LAB_TALOS=${version}\n`,
  );
});

test('with real tools the lab leaves PATH alone', async () => {
  const { handle } = await start({ realTools: true });

  expect(existsSync(join(handle.dir, 'bin'))).toBe(false);
  expect(readFileSync(join(handle.dir, 'env.sh'), 'utf8')).not.toContain('PATH');
});

test('what the files name is there: Proxmox with its CA and token, Talos and Kubernetes on every machine', async () => {
  const { handle } = await start();
  const { dir, world, ports } = handle;
  const pve = JSON.parse(readFileSync(join(dir, 'pve.json'), 'utf8'));
  const token = readFileSync(pve.tokenFile, 'utf8').trim();
  const ca = readFileSync(pve.caFile, 'utf8');
  expect(
    await get(`${pve.url}/api2/json/version`, { ca, authorization: `PVEAPIToken=${token}` }),
  ).toBe(200);
  const talosconfig = parse(readFileSync(join(dir, 'talosconfig'), 'utf8'));
  const { endpoints, ca: talosCa } = talosconfig.contexts[talosconfig.context];
  expect(endpoints).toHaveLength(3);
  expect(new X509Certificate(Buffer.from(talosCa, 'base64')).subject).toBe('O=talos');
  for (const { address } of world.nodes.values()) {
    expect([address, await isOpen(address, ports.talos)]).toEqual([address, true]);
  }
  const kubeconfig = parse(readFileSync(join(dir, 'kubeconfig'), 'utf8'));
  const { cluster } = kubeconfig.clusters[0];
  const { user } = kubeconfig.users[0];
  const pem = (base64: string): string => Buffer.from(base64, 'base64').toString();
  const tls = {
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  };
  expect(await get(`${cluster.server}/readyz`, tls)).toBe(200);
});

test('two labs live side by side on networks of their own, and end without a trace', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  if (one === undefined || two === undefined) throw new Error('No labs.');
  const address = (lab: RunningLab): string => lab.handle.world.facts.pveAddress;
  expect(address(one)).not.toBe(address(two));
  const { pve, talos } = one.handle.ports;
  await one.close();

  expect(await isOpen(address(one), pve)).toBe(false);
  expect(await isOpen(`${one.handle.world.facts.lanPrefix}.0.11`, talos)).toBe(false);
  expect(await isOpen(address(two), two.handle.ports.pve)).toBe(true);
  expect(existsSync(join(one.handle.dir, 'control.sock'))).toBe(false);
});

test('a port that a program of the host holds on all addresses is replaced by another', async () => {
  const host = createServer();
  const taken = await new Promise<number>((resolve, reject) => {
    host.once('error', reject);
    host.listen(0, '0.0.0.0', () => {
      const address = host.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
    });
  });
  try {
    expect(await choosePort('127.253.0.254', [taken, 18_999])).toBe(18_999);
    await expect(choosePort('127.253.0.254', [taken])).rejects.toThrow(ClientError);
  } finally {
    host.close();
  }
});

test('a running lab is changed, advanced and asked over its socket', async () => {
  const { handle } = await start();
  const { dir, world } = handle;
  const nowMs = world.clock.now();
  expect(
    (await sendToLab(dir, { kind: 'do', change: 'stop-node', args: ['talos-w-01'] })).text,
  ).toBe('VM 104 (talos-w-01) lost its power.');
  await sendToLab(dir, { kind: 'advance', seconds: 90 });
  expect(world.clock.now() - nowMs).toBe(90_000);
  const { status } = await sendToLab(dir, { kind: 'status' });
  expect(status).toMatchObject({ scenario: 'healthy', seed: 1, timeScale: 0 });
  expect(status?.nodes.map(({ state }) => state)).toEqual([
    'running',
    'running',
    'running',
    'off',
    'running',
  ]);
});

test('a wrong word is the operator’s mistake, a missing lab is not', async () => {
  const { handle } = await start();
  const wrong = sendToLab(handle.dir, { kind: 'do', change: 'stop-nodes', args: [] });
  await expect(wrong).rejects.toThrow(LabUsageError);
  await expect(wrong).rejects.toMatchObject({ hint: expect.stringContaining('stop-node') });
  await expect(sendToLab(handle.dir, { kind: 'advance', seconds: -1 })).rejects.toThrow(
    LabUsageError,
  );
  await expect(sendToLab(newDirectory(), { kind: 'status' })).rejects.toThrow(ClientError);
});

test('an unknown scenario, an impossible size or a directory in use is refused before anything starts', async () => {
  const refused = async (options: Partial<LabOptions>): Promise<LabUsageError> => {
    const error: unknown = await start(options).catch((reason: unknown) => reason);
    if (error instanceof LabUsageError) return error;
    throw new Error('It started.');
  };
  expect((await refused({ scenario: 'helthy' })).hint).toBe('Use healthy.');
  expect((await refused({ scenario: '0+4' })).hint).toContain('1 to 9 control planes');
  expect((await refused({ talosVersion: 'v1.13.99' })).hint).toContain('v1.13.9');
  expect((await refused({ talosVersion: 'v1.9.6' })).message).toContain('no Talos v1.9.6');
  const { handle } = await start();
  expect((await refused({ dir: handle.dir })).message).toContain('runs in');
  expect((await refused({ dir: '/proc/lab/of/mine' })).message).toContain('/proc/lab');
  expect((await refused({ dir: join(newDirectory(), 'x'.repeat(90)) })).message).toContain(
    'too long',
  );
});

const EMPTY = ['empty-000', 'empty-001', 'empty-002', 'empty-003', 'empty-004'];
const WITHOUT_LEADER = ['no-quorum', 'pool-exhausted', ...EMPTY];

test.each(labScenarios.map(({ id }) => id))(
  'the scenario %s starts and says its state',
  async (id) => {
    const { handle } = await start({ scenario: id });
    const { status } = await sendToLab(handle.dir, { kind: 'status' });

    expect(status?.scenario).toBe(id);
    expect(status?.etcdLeader === null).toBe(WITHOUT_LEADER.includes(id));
    expect(status?.vipHolder === null).toBe(
      [...WITHOUT_LEADER, 'no-vip', 'vip-wrong-link'].includes(id),
    );
  },
);

test('a lab in the foreground ends with its signal', async () => {
  const stop = new AbortController();
  const options = { scenario: '1+0', seed: 1, timeScale: 1, dir: newDirectory() };
  let address = '';
  await runLab(options, {
    signal: stop.signal,
    onReady: ({ handle }) => {
      address = handle.world.facts.pveAddress;
      stop.abort();
    },
  });

  expect(address).not.toBe('');
  expect(await isOpen(address, 8006)).toBe(false);
});

test('a lab whose parent is gone ends by itself', async () => {
  const options = { scenario: '1+0', seed: 1, timeScale: 1, dir: newDirectory() };
  // No process has this id: Linux gives out at most 2^22.
  const hooks = { signal: new AbortController().signal, onReady: () => {}, parentPid: 2 ** 22 + 1 };

  await expect(runLab(options, hooks)).resolves.toBeUndefined();
});

test('an expired talosconfig carries a certificate that has ended, a renewed one is valid again', async () => {
  const { handle } = await start();
  const endOf = (): number => {
    const config = parse(readFileSync(join(handle.dir, 'talosconfig'), 'utf8'));
    const { crt } = config.contexts[config.context];
    return new X509Certificate(Buffer.from(crt, 'base64')).validToDate.getTime();
  };
  await sendToLab(handle.dir, { kind: 'do', change: 'expire-talosconfig', args: [] });
  expect(endOf()).toBeLessThan(Date.now());
  await sendToLab(handle.dir, { kind: 'do', change: 'renew-talosconfig', args: [] });
  expect(endOf()).toBeGreaterThan(Date.now());
});
