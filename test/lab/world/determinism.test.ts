import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyChange } from '../../../src/lab/control/changes.js';
import { storageFigures } from '../../../src/lab/world/storage.js';
import type { KubeObject, World } from '../../../src/lab/world/types.js';
import { cpuSampleOf, memoryUsedBytesOf } from '../../../src/lab/world/usage.js';
import { newWorld, seconds } from '../../support/lab-world.js';

const LINES = [
  'stop-node talos-cp-01',
  'start-node talos-cp-01',
  'stop-node talos-cp-02 graceful',
  'start-node talos-cp-02',
  'reboot-node talos-w-01',
  'hang-node talos-cp-03',
  'unhang-node talos-cp-03',
  'partition-node talos-w-02',
  'heal-node talos-w-02',
  'move-vip',
  'new-csr talos-w-01',
  'fill-storage local-lvm 80',
  'etcd-alarm NOSPACE',
  'clear-alarm',
  'cordon talos-w-01',
  'uncordon talos-w-01',
];

const context = (world: World) => ({ world, renewCredential: () => {} });

/** Keys are really random and nothing else is: requests and certificates stay out of the comparison. */
const withoutKeys = (object: KubeObject): unknown =>
  object.kind === 'CertificateSigningRequest' ? { ...object, spec: null, status: null } : object;

/** As text: what a node does when it is up is a function, and no two functions are equal. */
const written = (value: unknown): string =>
  inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null, sorted: true });

function traceOf(seed: number, steps: readonly (readonly [string, number])[]): readonly unknown[] {
  const world = newWorld('3+2', seed);
  const trace: unknown[] = [];
  world.subscribe((topics) => trace.push([world.clock.now(), ...topics]));
  for (const [line, wait] of steps) {
    const [id = '', ...args] = line.split(' ');
    try {
      trace.push(applyChange(context(world), id, args));
    } catch (error) {
      trace.push(String(error));
    }
    seconds(world, wait);
  }
  trace.push(
    ...world.kube.changes.map((change) => ({ ...change, object: withoutKeys(change.object) })),
    [...world.nodes.values()].map((node) => [
      written(node),
      cpuSampleOf(world, node),
      memoryUsedBytesOf(world, node),
    ]),
    [...world.etcd.members.values()],
    world.pveTasks,
    world.storages.map((storage) => storageFigures(world, storage)),
  );
  return trace;
}

const steps = fc.array(fc.tuple(fc.constantFrom(...LINES), fc.constantFrom(0, 1, 9, 70, 400)), {
  maxLength: 8,
});

test('the same seed and the same changes at the same moments give the same world, event by event', () => {
  fc.assert(
    fc.property(fc.integer(), steps, (seed, history) => {
      expect(traceOf(seed, history)).toEqual(traceOf(seed, history));
    }),
    { numRuns: 15 },
  );
});

test('a node that is on its way up is the same in both worlds', () => {
  const history = [['reboot-node talos-w-01', 9]] as const;
  expect(traceOf(0, history)).toEqual(traceOf(0, history));
});

test('another seed gives another world', () => {
  expect(traceOf(1, [])).not.toEqual(traceOf(2, []));
});
