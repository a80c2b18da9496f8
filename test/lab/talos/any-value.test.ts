import { expect, test } from 'vitest';
import { anyObject } from '../../../src/lab/talos/kinds/any-value.js';
import { encode } from '../../../src/lab/talos/protos.js';

test('an object of any shape is written as google.protobuf.Struct', () => {
  const pod_status = anyObject({ ready: true, left: undefined, list: [null, 'x', { n: 2 }] });
  const field = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const entry = (name: string, value: Buffer): Buffer =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, value)]));
  const two = Buffer.alloc(8);
  two.writeDoubleLE(2);
  const inner = entry('n', Buffer.concat([Buffer.from([0x11]), two]));
  const list = Buffer.concat([
    field(1, Buffer.from([0x08, 0])),
    field(1, field(3, Buffer.from('x'))),
    field(1, field(5, inner)),
  ]);
  const status = Buffer.concat([
    entry('ready', Buffer.from([0x20, 1])),
    entry('list', field(6, list)),
  ]);
  expect(
    encode('specs.proto', 'cosi.specs.StaticPodStatusSpec', { pod_status }).toString('hex'),
  ).toBe(field(1, status).toString('hex'));
});
