import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFactoryServer } from '../../../src/lab/pve/factory.js';
import { readSchematic } from '../../../src/lab/pve/schematic.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';

const extensions = (...names: readonly string[]): string =>
  `customization: {systemExtensions: {officialExtensions: [${names.map((name) => `siderolabs/${name}`).join(', ')}]}}`;

let serverLab: ServerLab;
let url: string;

beforeAll(async () => {
  serverLab = await startServerLab([startFactoryServer], { timeScale: 0 });
  const { world, ports } = serverLab.lab;
  url = `http://${world.facts.factoryAddress}:${ports.factory}`;
});

afterAll(() => serverLab.close());

// Ids of the real factory (talos.md §5.6).
test.each([
  ['customization: {}', '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba'],
  ['', '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba'],
  [
    extensions('qemu-guest-agent'),
    'ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515',
  ],
  [
    extensions('iscsi-tools', 'qemu-guest-agent', 'util-linux-tools'),
    '88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b',
  ],
])('%s has the id that the real factory gives', (text, id) => {
  expect(readSchematic(text).id).toBe(id);
});

test('the order of fields does not matter, the order of extensions does', () => {
  const one = 'customization:\n  meta: [{key: 10, value: x}]\n  extraKernelArgs: [a]\n';
  const other = 'customization:\n  extraKernelArgs: [a]\n  meta: [{value: x, key: 10}]\n';

  expect(readSchematic(one).id).toBe(readSchematic(other).id);
  expect(readSchematic(extensions('a', 'b')).id).not.toBe(readSchematic(extensions('b', 'a')).id);
});

test('a schematic that was posted can be read again under its id', async () => {
  const posted = await fetch(`${url}/schematics`, { method: 'POST', body: extensions('zfs') });
  const { id } = (await posted.json()) as { readonly id: string };
  const read = await fetch(`${url}/schematics/${id}`);

  expect(posted.status).toBe(201);
  expect(await read.text()).toBe(
    'customization:\n    systemExtensions:\n        officialExtensions:\n            - siderolabs/zfs\n',
  );
  expect((await fetch(`${url}/schematics/${'0'.repeat(64)}`)).status).toBe(404);
});

test('the schematic of the running machines is known', async () => {
  const { schematic } = serverLab.lab.world.facts;

  expect((await fetch(`${url}/schematics/${schematic}`)).status).toBe(200);
});

test('fields that the factory does not know are refused', async () => {
  const reply = await fetch(`${url}/schematics`, { method: 'POST', body: 'customisation: {}' });

  expect(reply.status).toBe(400);
  expect(await reply.text()).toContain('field customisation not found in type schematic.Schematic');
});

test('versions and their extensions are listed', async () => {
  const versions = (await (await fetch(`${url}/versions`)).json()) as readonly string[];
  const { talosVersion } = serverLab.lab.world.facts;
  const list = `${url}/version/${talosVersion}/extensions/official`;
  const official = (await (await fetch(list)).json()) as readonly { readonly name: string }[];

  expect(versions).toContain(talosVersion);
  expect(official).toContainEqual({
    name: 'siderolabs/iscsi-tools',
    ref: 'ghcr.io/siderolabs/iscsi-tools:v0.2.0',
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
  expect((await fetch(`${url}/version/v9.9.9/extensions/official`)).status).toBe(404);
});
