import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DemoLab, type Printed, runCli, startLab } from '../support/demo.js';
import { statusShape } from '../support/demo-shapes.js';

let lab: DemoLab;
let dir = '';

beforeAll(async () => {
  lab = await startLab();
});

afterAll(() => lab.stop());

let count = 0;
beforeEach(() => {
  count += 1;
  dir = join(lab.dir, `case-${count}`);
  mkdirSync(dir, { mode: 0o700 });
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(args, { ...lab.env, ...env });

const write = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

const statusOf = ({ stdout }: Printed) => statusShape.parse(JSON.parse(stdout));

/** The layers that work go on: only the readings of the broken one say why. */
function expectOnly(result: Printed, broken: RegExp, reason: RegExp): void {
  const { readings } = statusOf(result);
  const failed = Object.entries(readings).filter(([, { state }]) => state !== 'fresh');
  expect(failed.length).toBeGreaterThan(0);
  for (const [name, { error }] of failed) {
    expect(name).toMatch(broken);
    expect(error).toMatch(reason);
  }
}

test('a wrong Proxmox token darkens Proxmox alone and is named', async () => {
  const pve = JSON.parse(readFileSync(lab.env.TALOS_TUI_PVE ?? '', 'utf8'));
  const tokenFile = write('token', 'root@pam!lab=00000000-0000-0000-0000-000000000000\n');
  const file = write('pve.json', JSON.stringify({ ...pve, tokenFile }));
  const result = await run(['status', '--json'], { TALOS_TUI_PVE: file });
  expectOnly(result, /pve|vms|storages|pveTasks/, /Authentication failed/);
  const { stdout } = await run(['status'], { TALOS_TUI_PVE: file });
  expect(stdout).toMatch(/token/i);
});

test('a self-signed Proxmox certificate without a pin is not trusted', async () => {
  const { caFile: _, ...pve } = JSON.parse(readFileSync(lab.env.TALOS_TUI_PVE ?? '', 'utf8'));
  const file = write('pve.json', JSON.stringify(pve));
  const result = await run(['status', '--json'], { TALOS_TUI_PVE: file });
  expectOnly(result, /pve|vms|storages|pveTasks/, /certificate/i);
});

test('a Proxmox token that others may read is refused', async () => {
  const pve = JSON.parse(readFileSync(lab.env.TALOS_TUI_PVE ?? '', 'utf8'));
  const tokenFile = write('token', readFileSync(pve.tokenFile, 'utf8'));
  chmodSync(tokenFile, 0o644);
  const file = write('pve.json', JSON.stringify({ ...pve, tokenFile }));
  const result = await run(['status', '--json'], { TALOS_TUI_PVE: file });
  expectOnly(result, /pve|vms|storages|pveTasks/, /0600|others|mode/i);
});

test('empty endpoints are named with the command that sets them', async () => {
  const text = readFileSync(lab.env.TALOSCONFIG ?? '', 'utf8');
  const TALOSCONFIG = write('talosconfig', text.replace(/endpoints:(\n +- .*)+/, 'endpoints: []'));
  const result = await run(['status', '--json'], { TALOSCONFIG });
  expectOnly(result, /talos|etcd/, /no endpoints/);
});

test('a malformed kubeconfig leaves Talos and Proxmox on the screen', async () => {
  const KUBECONFIG = write('kubeconfig', 'apiVersion: v1\nclusters: [\n');
  const result = await run(['status'], { KUBECONFIG });
  expect(result.stdout).toMatch(/talos-cp-01/);
  expect(result.stdout + result.stderr).toMatch(/kubeconfig.*line 3/);
});

test('an expired client certificate is named with its end', async () => {
  await lab.change('expire-talosconfig');
  const result = await run(['status', '--json']);
  await lab.change('renew-talosconfig');
  expectOnly(result, /talos|etcd/, /ended|expired/i);
});

test('without talosctl the console observes, and the snapshot says what is missing', async () => {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  symlinkSync(join(lab.dir, 'bin', 'kubectl'), join(bin, 'kubectl'));
  const PATH = `${bin}:${dirname(process.execPath)}`;
  const status = await run(['status', '--json'], { PATH });
  expect(statusOf(status).verdict.level).toBe('ok');

  const refused = await run(['plan', 'etcd-snapshot'], { PATH });
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toMatch(/talosctl was not found/);
});

test('without kubectl Talos and Proxmox go on, and Kubernetes says what is missing', async () => {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  symlinkSync(join(lab.dir, 'bin', 'talosctl'), join(bin, 'talosctl'));
  const result = await run(['status', '--json'], { PATH: `${bin}:${dirname(process.execPath)}` });
  expectOnly(result, /kube|csrs|leases|pdbs/, /kubectl/);
});

test('a talosctl that is too old is refused with the version that is needed', async () => {
  const bin = join(dir, 'bin');
  cpSync(join(lab.dir, 'bin'), bin, { recursive: true });
  writeFileSync(join(bin, 'talosctl'), '#!/bin/sh\necho "Client v1.2.3"\n', { mode: 0o755 });
  const refused = await run(['plan', 'etcd-snapshot'], {
    PATH: `${bin}:${lab.env.PATH ?? ''}`,
  });
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toMatch(/v1\.2\.3/);
});

test('a snapshot directory that others may enter is refused, and nothing is written', async () => {
  const snapshots = join(dir, 'state', 'snapshots');
  mkdirSync(snapshots, { recursive: true });
  writeFileSync(join(snapshots, 'lab'), 'not a directory');
  const refused = await run(['run', 'etcd-snapshot', '--yes', '--state-dir', join(dir, 'state')]);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toMatch(/snapshots\/lab is no directory/);
});

test('a cluster that is gone ends the status with 4', async () => {
  const gone = await startLab('--scenario', '1+0');
  const env = { ...gone.env };
  const copies = ['talosconfig', 'kubeconfig', 'pve-token', 'pve-ca.pem', 'pve.json'];
  for (const name of copies) {
    const text = readFileSync(join(gone.dir, name), 'utf8');
    write(name, text.replaceAll(gone.dir, dir));
  }
  await gone.stop();
  const result = await run(['status', '--json'], {
    ...env,
    HOME: lab.env.HOME ?? '',
    PATH: lab.env.PATH ?? '',
    TALOSCONFIG: join(dir, 'talosconfig'),
    KUBECONFIG: join(dir, 'kubeconfig'),
    TALOS_TUI_PVE: join(dir, 'pve.json'),
  });
  expect(statusOf(result).verdict.level).toBe('unknown');
  expect(result.exitCode).toBe(4);
});
