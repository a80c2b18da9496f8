import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

let lab: TalosTestLab;
let client: TalosTestClient;

beforeEach(async () => {
  lab = await startTalosTestLab();
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
});

afterEach(async () => {
  client.close();
  await lab.close();
});

const write = (key: number, value: string) =>
  client.unary('machine.MachineService/MetaWrite', { key, value: Buffer.from(value) });

const erase = (key: number) => client.unary('machine.MachineService/MetaDelete', { key });

const keys = async (): Promise<readonly string[]> =>
  (await client.list('runtime', 'MetaKeys.runtime.talos.dev')).map(
    ({ metadata, spec }) => `${metadata.id} ${spec.yaml_spec.trim()}`,
  );

test('a META value can be written, read and deleted', async () => {
  await write(0x0a, 'addresses');
  await write(0x0c, 'mine');
  expect(await keys()).toEqual(['0x0a value: addresses', '0x0c value: mine']);
  await erase(0x0a);
  expect(await keys()).toEqual(['0x0c value: mine']);
});

test('a META key that is not there cannot be deleted', async () => {
  await expect(erase(0x0d)).rejects.toMatchObject({ code: 5, details: 'meta key not found' });
});

test('a META key is one byte', async () => {
  await expect(write(300, 'x')).rejects.toMatchObject({ code: 3, details: 'key must be a uint8' });
});

test('an operator may not write META', async () => {
  client.close();
  client = new TalosTestClient(
    lab,
    lab.node('talos-cp-01').address,
    lab.pki.talosClient('os:operator'),
  );
  await expect(write(0x0a, 'x')).rejects.toMatchObject({ code: 7 });
});
