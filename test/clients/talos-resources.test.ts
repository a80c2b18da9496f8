import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  addressesOf,
  hostnameOf,
  imageOf,
  linksOf,
  machineStatusOf,
  machineTypeOf,
  membersOf,
  nodeNameOf,
  smbiosUuidOf,
  TALOS_KINDS,
  vipOperatorsOf,
} from '../../src/clients/talos-resources.js';
import type { CosiKind, CosiResource } from '../../src/clients/types.js';
import { OperatorError } from '../../src/model/errors.js';

const NODE = '10.0.0.11';
const SCHEMATIC = '88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b';

/** Specs as Talos writes them: Go's YAML with four spaces. */
const resources = (kind: CosiKind, ...specs: readonly string[]): readonly CosiResource[] =>
  specs.map((spec, index) => ({
    ...kind,
    id: String(index),
    version: '1',
    phase: 'running',
    spec: parse(spec),
  }));

test('a running node is ready only when it says so', () => {
  const { machineStatus } = TALOS_KINDS;
  const of = (spec: string) => machineStatusOf(resources(machineStatus, spec), NODE);

  expect(of('stage: running\nstatus:\n    ready: true\n    unmetConditions: []\n')).toEqual({
    stage: 'running',
    ready: true,
    unmetConditions: [],
  });
  expect(
    of(
      'stage: booting\nstatus:\n    ready: false\n    unmetConditions:\n        - name: services\n          reason: kubelet\n',
    ),
  ).toEqual({
    stage: 'booting',
    ready: false,
    unmetConditions: [{ name: 'services', reason: 'kubelet' }],
  });
  expect(of('stage: hibernating\n')).toMatchObject({ stage: 'unknown', ready: false });
  expect(of('{}')).toMatchObject({ stage: 'unknown', ready: false });
  expect(machineStatusOf([], NODE)).toMatchObject({ stage: 'unknown', ready: false });
});

test('identity comes from four kinds, each of which may be missing', () => {
  expect(machineTypeOf(resources(TALOS_KINDS.machineType, 'controlplane'), NODE)).toBe(
    'controlplane',
  );
  expect(machineTypeOf(resources(TALOS_KINDS.machineType, 'appliance'), NODE)).toBe('unknown');
  expect(machineTypeOf([], NODE)).toBe('unknown');
  expect(
    hostnameOf(resources(TALOS_KINDS.hostname, 'hostname: cp-1\ndomainname: ""\n'), NODE),
  ).toBe('cp-1');
  expect(hostnameOf([], NODE)).toBe('');
  expect(
    nodeNameOf(
      resources(
        TALOS_KINDS.nodeName,
        'nodename: cp-1\nhostnameVersion: "1"\nskipNodeRegistration: false\n',
      ),
      NODE,
    ),
  ).toBe('cp-1');
  expect(nodeNameOf([], NODE)).toBeNull();
  expect(
    smbiosUuidOf(
      resources(TALOS_KINDS.systemInformation, 'uuid: 8C2E7E5A-0F00-4A5C-9D2E-000000000101\n'),
      NODE,
    ),
  ).toBe('8c2e7e5a-0f00-4a5c-9d2e-000000000101');
  expect(smbiosUuidOf(resources(TALOS_KINDS.systemInformation, '{}'), NODE)).toBeNull();
});

test('reads addresses and links', () => {
  const address =
    'address: 10.0.0.11/24\nlocal: 10.0.0.11\nlinkIndex: 8\nlinkName: ens18\nfamily: inet4\nscope: global\nflags: permanent\npriority: 0\n';
  expect(
    addressesOf(resources(TALOS_KINDS.addresses, address, 'address: fe80::1/64\n'), NODE),
  ).toEqual([
    { address: '10.0.0.11', prefixLength: 24, linkName: 'ens18' },
    { address: 'fe80::1', prefixLength: 64, linkName: '' },
  ]);

  const nic =
    'index: 8\ntype: ether\nhardwareAddr: BC:24:11:AA:BB:01\noperationalState: up\nkind: ""\nlinkState: true\n';
  const bridge = 'type: ether\nhardwareAddr: ""\noperationalState: up\nkind: bridge\n';
  expect(linksOf(resources(TALOS_KINDS.links, nic, bridge), NODE)).toEqual([
    {
      name: '0',
      kind: '',
      hardwareAddress: 'bc:24:11:aa:bb:01',
      operationalState: 'up',
      isPhysical: true,
    },
    { name: '1', kind: 'bridge', hardwareAddress: null, operationalState: 'up', isPhysical: false },
  ]);
});

test('finds the virtual address among the operators', () => {
  const specs = [
    'operator: dhcp4\nlinkName: ens18\nrequireUp: true\ndhcp4:\n    routeMetric: 1024\nlayer: default\n',
    'operator: vip\nlinkName: ens18\nrequireUp: true\nvip:\n    ip: 10.0.0.20\n    gratuitousARP: true\nlayer: configuration\n',
  ];
  expect(vipOperatorsOf(resources(TALOS_KINDS.operators, ...specs), NODE)).toEqual([
    { ip: '10.0.0.20', linkName: 'ens18' },
  ]);
});

test('tells extensions from the factory mark and the module index', () => {
  const layer = (name: string, version: string) =>
    `image: x.sqsh\nmetadata:\n    name: ${name}\n    version: ${version}\n`;
  const of = (...specs: string[]) => imageOf(resources(TALOS_KINDS.extensions, ...specs), NODE);

  expect(
    of(
      layer('iscsi-tools', 'v0.2.0'),
      layer('schematic', SCHEMATIC),
      layer('modules.dep', '"6.18"'),
    ),
  ).toEqual({
    extensions: [{ name: 'iscsi-tools', version: 'v0.2.0' }],
    schematic: SCHEMATIC,
  });
  expect(of(layer('qemu-guest-agent', '9.2.0'))).toMatchObject({ schematic: null });
});

test('reads the discovered members', () => {
  const spec =
    'nodeId: abc\naddresses:\n    - 10.0.0.11\n    - fd00::11\nhostname: cp-1\nmachineType: controlplane\noperatingSystem: Talos (v1.12.4)\ncontrolPlane:\n    port: 6443\n';
  expect(membersOf(resources(TALOS_KINDS.members, spec), NODE)).toEqual([
    {
      nodeId: 'abc',
      hostname: 'cp-1',
      addresses: ['10.0.0.11', 'fd00::11'],
      machineType: 'controlplane',
      operatingSystem: 'Talos (v1.12.4)',
    },
  ]);
});

test('garbage is told with node, type and id', () => {
  const items = resources(TALOS_KINDS.machineStatus, 'status:\n    ready: "yes"\n');

  expect(() => machineStatusOf(items, NODE)).toThrow(
    expect.objectContaining({
      kind: 'malformed',
      message: expect.stringMatching(
        /10\.0\.0\.11 .*MachineStatuses\.runtime\.talos\.dev "0".*ready/,
      ),
    }),
  );
  const addresses = resources(TALOS_KINDS.addresses, 'address: 999.0.0.1/24\n');
  expect(() => addressesOf(addresses, NODE)).toThrow('999.0.0.1');
});

test('no spec whatsoever makes a node ready by accident', () => {
  fc.assert(
    fc.property(fc.anything(), (spec) => {
      const item = {
        ...TALOS_KINDS.machineStatus,
        id: 'x',
        version: '1',
        phase: 'running' as const,
      };
      try {
        const { ready } = machineStatusOf([{ ...item, spec }], NODE);
        if (ready) {
          expect(spec).toMatchObject({ status: { ready: true } });
        }
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
      }
    }),
  );
});
