import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runWorld } from '../../../src/lab/world/run.js';
import {
  startTalosTestLab,
  TalosTestClient,
  type TalosTestLab,
  type WireResource,
} from '../../support/talos-lab.js';

const APPLY = 'machine.MachineService/ApplyConfiguration';
const NODE = 'talos-cp-02';

let lab: TalosTestLab;
let client: TalosTestClient;

beforeEach(async () => {
  lab = await startTalosTestLab();
  runWorld(lab.world);
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
});

afterEach(async () => {
  client.close();
  await lab.close();
});

async function configOf(id: 'v1alpha1' | 'persistent', hostname = NODE): Promise<string> {
  const { resource } = await client.unary<{ resource: WireResource }>(
    'cosi.resource.State/Get',
    { namespace: 'config', type: 'MachineConfigs.config.talos.dev', id },
    { node: lab.node(hostname).address },
  );
  // The spec carries the text as one YAML string.
  return String(parse(resource.spec.yaml_spec));
}

interface Applied {
  readonly mode: string;
  readonly mode_details: string;
}

async function apply(
  text: string,
  options: { mode?: string; dry_run?: boolean; try_mode_timeout?: object } = {},
  hostname = NODE,
): Promise<Applied> {
  const { messages } = await client.unary<{ messages: readonly Applied[] }>(
    APPLY,
    { mode: 'AUTO', ...options, data: Buffer.from(text) },
    { node: lab.node(hostname).address },
  );
  return messages[0] ?? { mode: '', mode_details: '' };
}

const withSysctl = (text: string): string =>
  text.replace('    features:', '    sysctls:\n        vm.swappiness: "1"\n    features:');
const withEnvironment = (text: string): string =>
  text.replace('    features:', '    env:\n        NAME: value\n    features:');

test('what needs no restart takes effect at once and stays', async () => {
  const before = await configOf('v1alpha1');
  const applied = await apply(withSysctl(before));

  expect(applied).toMatchObject({
    mode: 'NO_REBOOT',
    mode_details: 'Applied configuration without a reboot',
  });
  expect(await configOf('v1alpha1')).toBe(withSysctl(before));
  expect(await configOf('persistent')).toBe(withSysctl(before));
});

test('a dry run prints the difference and changes nothing', async () => {
  const before = await configOf('v1alpha1');
  const { mode_details: details } = await apply(withSysctl(before), { dry_run: true });

  expect(details).toContain(
    'Dry run summary:\nApplied configuration without a reboot (skipped in dry-run).\nConfig diff:\n\n--- a\n+++ b\n@@ -',
  );
  expect(details).toContain('\n+    sysctls:\n+        vm.swappiness: "1"\n');
  expect(await configOf('v1alpha1')).toBe(before);
  expect((await apply(before, { dry_run: true })).mode_details).toMatch(
    /Config diff:\n\nNo changes\.$/,
  );
});

test('a staged configuration waits for the next boot', async () => {
  const before = await configOf('v1alpha1');
  const applied = await apply(withEnvironment(before), { mode: 'STAGED' });
  expect(applied.mode_details).toBe('Staged configuration to be applied after the next reboot');
  expect(await configOf('v1alpha1')).toBe(before);
  expect(await configOf('persistent')).toBe(withEnvironment(before));

  await client.unary('machine.MachineService/Reboot', {}, { node: lab.node(NODE).address });
  lab.world.clock.advance(120_000);
  expect(await configOf('v1alpha1')).toBe(withEnvironment(before));
});

test('a tried configuration is taken back after its time', async () => {
  const before = await configOf('v1alpha1');
  const { mode_details: details } = await apply(withSysctl(before), {
    mode: 'TRY',
    try_mode_timeout: { seconds: 90, nanos: 0 },
  });
  expect(details).toBe(
    "Applied configuration without a reboot\nThe config is applied in 'try' mode and will be automatically reverted back in 1m30s",
  );
  lab.world.clock.advance(89_000);
  expect(await configOf('v1alpha1')).toBe(withSysctl(before));
  expect(await configOf('persistent')).toBe(before);
  lab.world.clock.advance(2000);
  expect(await configOf('v1alpha1')).toBe(before);
});

test('applying what is tried keeps it', async () => {
  const before = await configOf('v1alpha1');
  await apply(withSysctl(before), { mode: 'TRY' });
  await apply(withSysctl(before), { mode: 'NO_REBOOT' });
  lab.world.clock.advance(120_000);
  expect(await configOf('v1alpha1')).toBe(withSysctl(before));
});

test('what needs a restart restarts the machine, or is refused with the reason', async () => {
  const before = await configOf('v1alpha1');
  await expect(apply(withEnvironment(before), { mode: 'NO_REBOOT' })).rejects.toMatchObject({
    code: 3,
    details: expect.stringMatching(
      /^this config change can't be applied in immediate mode\ndiff:\n--- a\n\+\+\+ b\n@@ [^\n]*\n[\s\S]*\n\+ {4}env:\n\+ {8}NAME: value\n/,
    ),
  });
  const { bootId } = lab.node(NODE);
  const applied = await apply(withEnvironment(before));
  expect(applied.mode).toBe('REBOOT');
  expect(applied.mode_details).toMatch(/^Applied configuration with a reboot: this config change/);
  lab.world.clock.advance(120_000);

  expect(lab.node(NODE)).toMatchObject({ stage: 'running' });
  expect(lab.node(NODE).bootId).not.toBe(bootId);
  expect(await configOf('v1alpha1')).toBe(withEnvironment(before));
});

test.each([
  [
    'a key that nothing reads',
    (text: string) => text.replace('    kubelet:', '    kublet: {}\n    kubelet:'),
    'error decoding document /v1alpha1/ (line 1): unknown keys found during decoding:\nmachine:\n    kublet: {}\n',
  ],
  [
    'a word that is no boolean',
    (text: string) => text.replace('diskQuotaSupport: true', 'diskQuotaSupport: maybe'),
    'error decoding document /v1alpha1/ (line 1): error decoding  to *v1alpha1.Config: yaml: unmarshal errors:\n  line 30: cannot unmarshal !!str `maybe` into bool',
  ],
  [
    'a document of a later Talos',
    (text: string) => `${text}---\napiVersion: v1alpha1\nkind: UnattendedInstallConfig\n`,
    expect.stringMatching(
      /^error decoding document v1alpha1\/UnattendedInstallConfig\/ \(line \d+\): "UnattendedInstallConfig" "v1alpha1": not registered$/,
    ),
  ],
  [
    'a second name for the machine',
    (text: string) => text.replace('    network:', '    network:\n        hostname: other'),
    '1 error occurred:\n\t* static hostname is already set in v1alpha1 config\n\n',
  ],
  [
    'a Kubernetes that this Talos cannot run',
    (text: string) => text.replace(/kubelet:v[\d.]+/, 'kubelet:v1.36.0'),
    '1 error occurred:\n\t* kubelet image is not valid: version of Kubernetes 1.36.0 is too new to be used with Talos 1.12.4\n\n',
  ],
  [
    'documents without a machine',
    () => 'apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: talos-cp-02\n',
    "the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?",
  ],
  [
    'no YAML',
    () => 'a: b: c',
    'decode error: yaml: line 1: mapping values are not allowed in this context',
  ],
])('%s is refused', async (_, change, details) => {
  const before = await configOf('v1alpha1');
  await expect(apply(change(before))).rejects.toMatchObject({ code: 3, details });
  expect(await configOf('v1alpha1')).toBe(before);
});

test('several mistakes are told together', async () => {
  const before = await configOf('v1alpha1', 'talos-w-01');
  const text = before
    .replace(
      '              dhcp: true',
      '              dhcp: true\n              vip:\n                ip: 10.0.0.1',
    )
    .replace('dnsDomain: cluster.local', 'dnsDomain: a b');

  await expect(apply(text, {}, 'talos-w-01')).rejects.toMatchObject({
    details:
      '1 error occurred:\n\t* v1alpha1.Config: 2 errors occurred:\n\t* "a b" is not a valid DNS name\n\t* virtual (shared) IP is not allowed on non-controlplane nodes\n\n\n\n',
  });
});

test('a virtual address on a link that does not exist is silently gone', async () => {
  const { world } = lab;
  for (const hostname of ['talos-cp-01', 'talos-cp-02', 'talos-cp-03']) {
    const before = await configOf('v1alpha1', hostname);
    await apply(before.replace('interface: ens18', 'interface: eth0'), {}, hostname);
  }
  world.clock.advance(120_000);

  expect(world.vip.holder).toBeNull();
});

test('another host name is that of the machine at once', async () => {
  const before = await configOf('v1alpha1', 'talos-w-02');
  await apply(before.replace('hostname: talos-w-02', 'hostname: worker-b'), {}, 'talos-w-02');

  expect(lab.node('worker-b').vmId).toBeGreaterThan(0);
  const names = await client.list('network', 'HostnameStatuses.net.talos.dev', {
    node: lab.node('worker-b').address,
  });
  expect(names[0]?.spec.yaml_spec).toContain('worker-b');
});

test('Talos 1.14 never restarts for a configuration', async () => {
  lab.node(NODE).talosVersion = 'v1.14.1';
  const before = await configOf('v1alpha1');
  await expect(apply(before, { mode: 'REBOOT' })).rejects.toMatchObject({
    code: 12,
    details: 'the REBOOT mode is not supported, please use AUTO or NO_REBOOT modes instead',
  });
  const applied = await apply(withEnvironment(before));
  expect(applied).toMatchObject({
    mode: 'NO_REBOOT',
    mode_details: 'Applied configuration without a reboot',
  });
});

test('a reader applies nothing', async () => {
  const reader = new TalosTestClient(
    lab,
    lab.node('talos-cp-01').address,
    lab.pki.talosClient('os:reader'),
  );
  await expect(reader.unary(APPLY, { data: Buffer.from('') })).rejects.toMatchObject({
    code: 7,
    details: 'not authorized',
  });
  reader.close();
});
