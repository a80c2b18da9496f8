import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/lab/talos/config/load.js';

/** What talosctl 1.12.6, 1.13.9 and 1.14.1 say of the same texts: test/contract, give fields what does not fit. */
function said(text: string, minor: number): string {
  try {
    loadConfig(`version: v1alpha1\n${text}\n`, minor);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^.*\*v1alpha1\.Config: /s, '') : '';
  }
}

test.each([
  ['machine: {certSANs: api.lan}', '!!str `api.lan` into []string'],
  ['machine: {certSANs: [{a: b}]}', '!!map into string'],
  ['machine: {type: [worker]}', '!!seq into string'],
  ['machine: {sysctls: {a: [b]}}', '!!seq into string'],
  ['machine: {kubelet: abc}', '!!str `abc` into v1alpha1.KubeletConfig'],
  ['machine: {kubelet: {extraArgs: abc}}', '!!str `abc` into map[string]string'],
  ['machine: {network: {interfaces: eth0}}', '!!str `eth0` into v1alpha1.NetworkDeviceList'],
  ['machine: {kernel: {modules: [a]}}', '!!str `a` into v1alpha1.KernelModuleConfig'],
  ['machine: {kernel: {modules: a}}', '!!str `a` into []*v1alpha1.KernelModuleConfig'],
  ['machine: {time: {bootTimeout: 5}}', '!!int `5` into time.Duration'],
  [
    'cluster: {ca: abc}',
    '!!str `abc` into struct { Crt string "yaml:\\"crt\\""; Key string "yaml:\\"key\\"" }',
  ],
])('a value that does not fit is refused in the words of yaml: %s', (text, reason) => {
  expect(said(text, 12)).toBe(`yaml: unmarshal errors:\n  line 2: cannot unmarshal ${reason}`);
});

test('each release of yaml has words of its own', () => {
  const text = 'machine: {certSANs: x, kubelet: {extraArgs: abc}}';
  expect(said(text, 13)).toBe(
    'yaml: construct errors:\n  line 2: cannot construct !!str `x` into []string\n  line 2: cannot construct !!str `abc` into v1alpha1.Args',
  );
  expect(said(text, 14)).toBe(
    'yaml: construct errors: line 2: cannot construct !!str `x` into []string; line 2: cannot construct !!str `abc` into meta.Args',
  );
});

test.each([
  'machine: {sysctls: {vm.max_map_count: 262144}}',
  'machine: {time: {bootTimeout: 2m0s}}',
  'machine: {network: {interfaces: [{mtu: 1500, vip: {ip: 10.0.0.9}}]}}',
  'machine: {kubelet: {extraConfig: {serverTLSBootstrap: true}}}',
  'machine: {ca: {crt: LS0t, key: ""}}',
])('what fits is read as before: %s', (text) => {
  expect([12, 13, 14].map((minor) => said(text, minor))).toEqual(['', '', '']);
});

test('a flag of the kubelet may be given twice from 1.13 on', () => {
  const text = 'machine: {kubelet: {extraArgs: {feature-gates: [A=true, B=true]}}}';
  expect([12, 13, 14].map((minor) => said(text, minor) === '')).toEqual([false, true, true]);
});
