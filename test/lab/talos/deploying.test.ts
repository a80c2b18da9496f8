import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type RunningLab, startLab } from '../../../src/lab/lab.js';
import { isoOf } from '../../../src/lab/world/storage.js';
import { nodeOfVm } from '../../../src/lab/world/vm.js';
import { pveGuest } from '../../support/pve-guest.js';
import { buildStandIn } from '../../support/stand-in.js';
import { type Outcome, startTalosctl } from '../../support/talosctl.js';
import { tempDir } from '../../support/temp-dir.js';

let programs: string;
let talosctl: string;
let kubectl: string;
let running: RunningLab | null = null;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'programs-'));
  talosctl = await buildStandIn('talosctl', programs);
  kubectl = await buildStandIn('kubectl', programs);
});

afterAll(() => rm(programs, { recursive: true, force: true }));

afterEach(async () => {
  await running?.close();
  running = null;
});

/** An operator at a shell, in an empty directory. */
interface Desk {
  readonly lab: RunningLab;
  readonly path: (name: string) => string;
  readonly run: (...words: readonly string[]) => Promise<Outcome>;
  readonly advance: (seconds: number) => void;
}

async function openDesk(talosVersion: string): Promise<Desk> {
  const dir = await tempDir();
  const lab = await startLab({
    ...{ scenario: 'empty-000', seed: 3, timeScale: 0, talosVersion },
    dir: join(dir, 'lab'),
  });
  running = lab;
  return {
    lab,
    path: (name) => join(dir, name),
    run: (...words) =>
      startTalosctl(talosctl, words, { TALOS_TUI_LAB_TALOS: talosVersion, HOME: dir }).outcome,
    advance: (seconds) => lab.handle.world.clock.advance(seconds * 1000),
  };
}

async function fetchIso({ lab, advance }: Desk): Promise<void> {
  const { facts } = lab.handle.world;
  const { schematic, talosVersion } = facts;
  await pveGuest(lab.handle, 0).call('POST', '/nodes/pve1/storage/local/download-url', {
    content: 'iso',
    filename: `talos-${talosVersion}-${schematic.slice(0, 12)}-metal-amd64.iso`,
    url: `https://factory.talos.dev/image/${schematic}/${talosVersion}/metal-amd64.iso`,
  });
  advance(120);
}

/** @returns where it waits for its configuration. */
async function bootGuest({ lab, advance }: Desk, vmId: number): Promise<string> {
  const { world } = lab.handle;
  const guest = pveGuest(lab.handle, vmId);
  const wanted = {
    ...{ vmid: String(vmId), name: `n${vmId}`, cores: '2', memory: '4096' },
    ...{ scsihw: 'virtio-scsi-pci', scsi0: 'local-lvm:20', boot: 'order=scsi0;ide2' },
    net0: `virtio=BC:24:11:00:AA:${vmId % 100},bridge=vmbr0`,
    ide2: `${isoOf(world)},media=cdrom`,
  };
  await guest.call('POST', '/nodes/pve1/qemu', wanted);
  advance(30);
  await guest.send('POST', '/status/start');
  advance(90);
  const node = nodeOfVm(world, vmId);
  expect(node?.stage).toBe('maintenance');
  return node?.address ?? '';
}

test.each(['v1.12.4', 'v1.14.1'])(
  'a cluster is deployed with what talosctl %s generates',
  async (version) => {
    const desk = await openDesk(version);
    const { path, run, advance, lab } = desk;
    const done = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(...words);
      expect([words.join(' '), code, code === 0 ? '' : stderr]).toEqual([words.join(' '), 0, '']);
      return stdout;
    };
    await fetchIso(desk);
    const first = await bootGuest(desk, 311);
    const second = await bootGuest(desk, 312);
    const { world } = lab.handle;
    const { schematic } = world.facts;

    await done('gen', 'secrets', '-o', path('secrets.yaml'), '--talos-version', version);
    await done(
      ...['gen', 'config', 'prod', `https://${first}:6443`, '-o', path('made')],
      ...['--with-secrets', path('secrets.yaml'), '--talos-version', version],
      ...['--kubernetes-version', '1.35.0', '--with-docs=false', '--with-examples=false'],
      ...['--install-image', `factory.talos.dev/metal-installer/${schematic}:${version}`],
    );
    const roles = [
      ['controlplane', 'cp-1', first],
      ['worker', 'w-1', second],
    ] as const;
    for (const [role, name, address] of roles) {
      const patch = `{apiVersion: v1alpha1, kind: HostnameConfig, hostname: ${name}, auto: "off"}`;
      const [from, to] = [path(`made/${role}.yaml`), path(`${name}.yaml`)];
      await done('machineconfig', 'patch', from, '-p', patch, '-o', to);
      expect(await done('validate', '-c', to, '-m', 'metal')).toContain('is valid for metal mode');
      await done('apply-config', '--insecure', '-n', address, '-e', address, '-f', to);
    }
    advance(300);
    const mine = ['--talosconfig', path('made/talosconfig')];
    await done('config', 'endpoint', first, ...mine);
    await done('config', 'node', first, second, ...mine);
    await done('bootstrap', '-n', first, ...mine);
    advance(300);
    expect(await done('get', 'machinestatus', ...mine)).toMatch(
      /running\s+true[\s\S]*running\s+true/,
    );
    await done('kubeconfig', path('kubeconfig'), '--merge=false', '-n', first, ...mine);

    const nodes = ['get', 'nodes', '--kubeconfig', path('kubeconfig')];
    const { stdout } = await startTalosctl(kubectl, nodes).outcome;
    expect(stdout).toMatch(/^cp-1 +Ready +control-plane/m);
    expect(stdout).toMatch(/^w-1 +Ready/m);
  },
  120_000,
);

test('secrets are for their owner alone, and are never written over unasked', async () => {
  const { path, run } = await openDesk('v1.13.9');
  const order = ['gen', 'secrets', '-o', path('secrets.yaml')];
  expect(await run(...order)).toEqual({ code: 0, stdout: '', stderr: '' });
  const before = readFileSync(path('secrets.yaml'), 'utf8');

  expect(await run(...order)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('already exists, use --force to overwrite'),
  });
  expect(statSync(path('secrets.yaml')).mode & 0o077).toBe(0);
  expect(readFileSync(path('secrets.yaml'), 'utf8')).toBe(before);
});

test('a key that no Talos knows is refused before anything is written', async () => {
  const { path, run } = await openDesk('v1.12.4');
  writeFileSync(path('patch.yaml'), 'machine:\n  features:\n    guestAgent: true\n');
  const { code, stderr } = await run(
    ...['gen', 'config', 'prod', 'https://10.0.0.5:6443', '-o', path('made')],
    ...['--config-patch', `@${path('patch.yaml')}`],
  );

  expect(code).toBe(1);
  expect(stderr).toContain('unknown keys found during decoding:\nmachine:\n    features:\n');
  expect(existsSync(path('made'))).toBe(false);
});
