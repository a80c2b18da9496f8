import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeProtobuf } from '../../../src/lab/kube/api/protobuf.js';
import { knownType } from '../../../src/lab/kube/api/registry.js';
import { fieldSelector, labelSelector } from '../../../src/lab/kube/api/selectors.js';
import { humanDuration } from '../../../src/lab/kube/api/table.js';
import type { KubeObject } from '../../../src/lab/world/types.js';
import { approvalEnvelope } from '../../support/protobuf-body.js';

const labelled = (labels: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'a',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-11-20T00:00:00Z',
    labels,
  },
  spec: { nodeName: 'w' },
});

test.each([
  ['app=web', true],
  ['app==web,tier', true],
  ['app!=web', false],
  ['app in (db, web)', true],
  ['app notin (db)', true],
  ['!missing', true],
  ['missing', false],
  ['missing!=x', true],
  ['missing notin (x),tier in (front)', true],
  ['tier=', false],
])('label selector %s', (selector, expected) => {
  expect(labelSelector(selector)(labelled({ app: 'web', tier: 'front' }))).toBe(expected);
});

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);

test('a selector and its opposite never agree', () => {
  fc.assert(
    fc.property(label, label, label, (key, value, actual) => {
      const pod = labelled({ [key]: actual });
      const is = labelSelector(`${key}=${value}`)(pod);
      expect(labelSelector(`${key}!=${value}`)(pod)).toBe(!is);
      expect(labelSelector(`${key} in (${value})`)(pod)).toBe(is);
      expect(labelSelector(`${key} notin (${value})`)(pod)).toBe(!is);
    }),
  );
});

test('fields are selected by equality and its opposite', () => {
  const pods = knownType('pods');
  const pod = labelled({});

  expect(fieldSelector(pods, 'spec.nodeName=w,metadata.name!=b')(pod)).toBe(true);
  expect(fieldSelector(pods, 'spec.nodeName!=w')(pod)).toBe(false);
  expect(() => fieldSelector(pods, 'spec.image=x')).toThrow('field label not supported');
});

test.each([
  [0, '0s'],
  [119_000, '119s'],
  [326_000, '5m26s'],
  [600_000, '10m'],
  [3 * 3_600_000, '3h'],
  [5 * 3_600_000 + 60_000, '5h1m'],
  [40 * 86_400_000, '40d'],
])('an age of %i ms is shown as %s', (ms, expected) => {
  expect(humanDuration(ms)).toBe(expected);
});

test('a broken protobuf body never passes for an object and never does worse than be refused', () => {
  const whole = approvalEnvelope(
    { name: 'csr-a', uid: 'u', resourceVersion: '5' },
    { type: 'Approved', status: 'True', reason: 'r', message: 'm' },
  );
  expect(decodeProtobuf(whole)).toMatchObject({ metadata: { name: 'csr-a' } });
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const mangled = Buffer.from(whole);
      mangled[at] = byte;
      for (const body of [mangled, whole.subarray(0, at)]) {
        try {
          const decoded = decodeProtobuf(body);
          expect(decoded === null || typeof decoded.kind === 'string').toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }),
  );
});
