import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readRequest } from '../../../src/lab/pki/certificate.js';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { createMachine } from '../../../src/lab/world/machines.js';
import { startVm, stopVm } from '../../../src/lab/world/power.js';
import { runWorld } from '../../../src/lab/world/run.js';
import { isoOf } from '../../../src/lab/world/storage.js';
import type { LabNode, LabVm } from '../../../src/lab/world/types.js';
import { stoppedVm } from '../../../src/lab/world/vm.js';
import { startTalosTestLab, type TalosTestLab } from '../../support/talos-lab.js';
import {
  buildTalosctl,
  type Outcome,
  startTalosctl,
  writeTalosconfig,
} from '../../support/talosctl.js';
import { tempDir } from '../../support/temp-dir.js';

const GIB = 1024 ** 3;

let programDirectory: string;
let program: string;
let lab: TalosTestLab;
let directory: string;

beforeAll(async () => {
  programDirectory = await mkdtemp(join(tmpdir(), 'talosctl-'));
  program = await buildTalosctl(programDirectory);
});

afterAll(() => rm(programDirectory, { recursive: true, force: true }));

async function start(talosVersion: string): Promise<void> {
  lab = await startTalosTestLab({ talosVersion });
  runWorld(lab.world);
  directory = await tempDir();
  const endpoints = ['talos-cp-01', 'talos-cp-02', 'talos-cp-03'].map(addressOf);
  writeTalosconfig(join(directory, 'talosconfig'), lab, { endpoints });
}

beforeEach(() => start('v1.12.4'));

afterEach(() => lab.close());

const addressOf = (hostname: string): string => lab.node(hostname).address;
const advance = (seconds: number): void => lab.world.clock.advance(seconds * 1000);

/** The lab's time passes while the program runs. */
async function talosctl(...args: readonly string[]): Promise<Outcome> {
  const config = join(directory, 'talosconfig');
  const { outcome } = startTalosctl(program, ['--talosconfig', config, ...args], {
    TALOS_TUI_LAB_TALOS: lab.world.facts.talosVersion,
  });
  const timer = setInterval(() => advance(0.25), 25);
  try {
    return await outcome;
  } finally {
    clearInterval(timer);
  }
}

const on = (hostname: string, ...args: readonly string[]): Promise<Outcome> =>
  talosctl(...args, '-n', addressOf(hostname));

const image = (version: string): string =>
  `factory.talos.dev/metal-installer/${lab.world.facts.schematic}:${version}`;

const lastLine = ({ stderr }: Outcome): string => stderr.trimEnd().split('\n').at(-1) ?? '';

test('a reboot is waited for until the machine has booted again', async () => {
  const { bootId } = lab.node('talos-w-01');
  const outcome = await on('talos-w-01', 'reboot', '--timeout', '50s');
  expect([outcome.code, outcome.stdout]).toEqual([0, '']);
  expect(lastLine(outcome)).toBe(`"${addressOf('talos-w-01')}": post check passed`);
  expect(lab.node('talos-w-01').bootId).not.toBe(bootId);
});

test('a legacy upgrade is tracked to the end', async () => {
  const outcome = await on('talos-w-01', 'upgrade', '-i', image('v1.12.6'), '--timeout', '50s');
  expect(outcome.code).toBe(0);
  expect(outcome.stderr).toContain('sequence: upgrade action: START');
  expect(lab.node('talos-w-01').talosVersion).toBe('v1.12.6');
});

test('what the node refuses is said once, with its address', async () => {
  const outcome = await on('talos-w-01', 'upgrade', '-i', image('v9.9.9'), '--timeout', '50s');
  expect([outcome.code, outcome.stdout]).toEqual([1, '']);
  expect(lastLine(outcome)).toMatch(
    /^"127\.\d+\.0\.21": rpc error: code = Unknown desc = error validating installer image /,
  );
});

test('flags of newer clients are unknown to the older one', async () => {
  const outcome = await on('talos-w-01', 'upgrade', '--no-reboot');
  expect([outcome.code, outcome.stderr.split('\n')[0]]).toEqual([1, 'unknown flag: --no-reboot']);
});

test('from 1.13 on an upgrade without a restart arms the node', async () => {
  await lab.close();
  await start('v1.13.9');
  const words = ['upgrade', '-i', image('v1.14.1'), '--no-reboot', '--progress', 'plain'];
  const outcome = await on('talos-w-01', ...words);
  const address = addressOf('talos-w-01');
  expect([outcome.code, outcome.stdout]).toEqual([0, '']);
  expect(outcome.stderr).toContain(`${address}: Exit code: 0\n${address}: upgrade completed\n`);
  const { systemDisk } = lab.node('talos-w-01').machine;
  expect(systemDisk?.entries[systemDisk.next]?.talosVersion).toBe('v1.14.1');
  expect(lab.node('talos-w-01').talosVersion).toBe('v1.13.9');
});

test('an installer that fails ends the upgrade with its code', async () => {
  await lab.close();
  await start('v1.13.9');
  const outcome = await on('talos-w-01', 'upgrade', '-i', image('v1.10.9'), '--drain=false');
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain('upgrade failed with exit code 1');
  expect(lab.node('talos-w-01').stage).toBe('running');
});

test('a patch is merged into all documents, and a dry run changes nothing', async () => {
  const text = 'machine: {sysctls: {vm.max_map_count: "262144"}}';
  const outcome = await on('talos-w-01', 'patch', 'mc', '-p', text, '--dry-run');
  expect(outcome.code).toBe(0);
  expect(outcome.stderr).toContain('Applied configuration without a reboot (skipped in dry-run).');
  expect(outcome.stderr).toContain('vm.max_map_count');
  expect(lab.node('talos-w-01').machine.config?.text).toBeNull();
});

test('files are patched and validated without a cluster', async () => {
  const { stdout } = await on('talos-w-01', 'get', 'mc', 'v1alpha1', '-o', 'jsonpath={.spec}');
  const file = join(directory, 'worker.yaml');
  writeFileSync(file, stdout);
  const patched = join(directory, 'patched.yaml');
  const patch = 'machine: {nodeLabels: {rack: a}}';
  expect((await talosctl('machineconfig', 'patch', file, '-p', patch, '-o', patched)).code).toBe(0);
  expect(readFileSync(patched, 'utf8')).toContain('rack: a');
  expect(await talosctl('validate', '-c', patched, '-m', 'metal')).toMatchObject({
    code: 0,
    stdout: `${patched} is valid for metal mode\n`,
  });
});

/** A guest that was made by hand: the ISO in its drive, an empty disk. */
function newGuest(boot: string): { readonly vm: LabVm; readonly node: LabNode } {
  const { world } = lab;
  const vm = stoppedVm(
    {
      vmId: 900,
      pveNode: world.facts.pveNode,
      config: {
        name: 'fresh',
        memory: '4096',
        cores: 2,
        boot,
        ide2: `${isoOf(world)},media=cdrom`,
        net0: 'virtio=BC:24:11:AA:BB:01,bridge=vmbr0',
        scsi0: 'local-lvm:vm-900-disk-0,size=40G',
        scsihw: 'virtio-scsi-single',
      },
      disks: [
        {
          slot: 'scsi0',
          volume: 'local-lvm:vm-900-disk-0',
          storage: 'local-lvm',
          sizeBytes: 40 * GIB,
          writtenBytes: 0,
        },
      ],
    },
    world.clock.now(),
  );
  world.vms.set(vm.vmId, vm);
  const node = createMachine(world, vm);
  if (node === null) throw new Error('No machine.');
  return { vm, node };
}

/** What the kubelet of a node asked the cluster for, and what became of it. */
const requestsOf = ({ hostname }: LabNode): readonly (readonly string[])[] =>
  listObjects(lab.world, 'certificatesigningrequests')
    .filter(({ spec }) => {
      const { request } = spec as { readonly request: string };
      return readRequest(Buffer.from(request, 'base64').toString()).subject.includes(
        `system:node:${hostname}`,
      );
    })
    .map(({ spec, status }) => {
      const { signerName } = spec as { readonly signerName: string };
      const { conditions } = status as {
        readonly conditions?: readonly { readonly reason: string }[];
      };
      return [signerName, conditions?.at(-1)?.reason ?? 'pending'];
    })
    .toSorted(([a = ''], [b = '']) => a.localeCompare(b));

test('a new guest boots its ISO into maintenance mode, is installed from there and joins', async () => {
  const { vm, node } = newGuest('order=scsi0;ide2');
  startVm(lab.world, vm);
  advance(60);
  expect(node.stage).toBe('maintenance');
  const insecurely = (...args: readonly string[]) =>
    talosctl(...args, '--insecure', '-n', node.address);
  expect((await insecurely('get', 'disks')).stdout).toContain('sda');
  expect(await insecurely('version')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('API is not implemented in maintenance mode'),
  });

  const { stdout } = await on('talos-w-01', 'get', 'mc', 'v1alpha1', '-o', 'jsonpath={.spec}');
  const file = join(directory, 'fresh.yaml');
  writeFileSync(file, stdout.replaceAll('talos-w-01', 'talos-w-09'));
  expect(await insecurely('apply-config', '-f', file)).toMatchObject({ code: 0, stderr: '' });
  advance(300);
  expect([node.hostname, node.stage, node.isReady]).toEqual(['talos-w-09', 'running', true]);
  expect(node.machine.booted).toMatchObject({ medium: 'disk', entry: 'A' });
  expect(requestsOf(node)).toEqual([
    ['kubernetes.io/kube-apiserver-client-kubelet', 'AutoApproved'],
    ['kubernetes.io/kubelet-serving', 'pending'],
  ]);
  expect(await insecurely('get', 'disks')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('remote error: tls: certificate required'),
  });
});

test('the ISO halts when it finds Talos on the disk', async () => {
  const { vm, node } = newGuest('order=scsi0;ide2');
  startVm(lab.world, vm);
  advance(60);
  const { stdout } = await on('talos-w-01', 'get', 'mc', 'v1alpha1', '-o', 'jsonpath={.spec}');
  const file = join(directory, 'fresh.yaml');
  writeFileSync(file, stdout.replaceAll('talos-w-01', 'talos-w-09'));
  await talosctl('apply-config', '--insecure', '-n', node.address, '-f', file);
  advance(300);
  stopVm(lab.world, vm);
  advance(5);
  vm.config.boot = 'order=ide2;scsi0';
  startVm(lab.world, vm);
  advance(120);
  expect(node.machine.isHalted).toBe(true);
  const outcome = await talosctl('get', 'disks', '--insecure', '-n', node.address);
  expect([outcome.code, outcome.stderr.includes('connection refused')]).toEqual([1, true]);
});
