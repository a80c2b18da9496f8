import { expect, test } from 'vitest';
import type { Inspection } from '../../src/model/inspection.js';
import type { Reading } from '../../src/model/reading.js';
import { startInspectedLab } from '../support/inspected-lab.js';

const TEST_MS = 120_000;

async function inspectAll(scenario: string) {
  const lab = await startInspectedLab(scenario);
  try {
    return { found: await lab.inspect(lab.everything), address: lab.address };
  } finally {
    await lab.close();
  }
}

const parts = ({
  nodes,
  vms,
  storages,
  kube,
}: Inspection): readonly (readonly [string, string])[] =>
  [...nodes, ...vms, ...storages, ['kube', kube] as const].map(
    ([key, reading]: readonly [unknown, Reading<unknown>]) => [String(key), reading.state] as const,
  );

const notFresh = (found: Inspection) =>
  parts(found)
    .filter(([, state]) => state !== 'fresh')
    .map(([key]) => key);

test.each([
  'seed-004',
  '3+2@3',
  'armed-node',
  'stale-lock',
  'disk-grown',
  'pdb-blocks-drain',
  'etcd-nospace',
])(
  'in "%s" everything can be read',
  async (scenario) => {
    expect(notFresh((await inspectAll(scenario)).found)).toEqual([]);
  },
  TEST_MS,
);

test.each([
  ['worker-down', 'talos-w-01'],
  ['cp-down', 'talos-cp-03'],
  ['node-hangs', 'talos-cp-02'],
])(
  'in "%s" only the node that is lost cannot be read',
  async (scenario, hostname) => {
    const { found, address } = await inspectAll(scenario);

    expect(notFresh(found)).toEqual([address(hostname)]);
  },
  TEST_MS,
);

test(
  'without a quorum Kubernetes cannot be read, and nothing throws',
  async () => {
    const { found } = await inspectAll('no-quorum');

    expect(found.kube.state).toBe('failed');
  },
  TEST_MS,
);

test(
  'when every guest is paused their hosts still tell why',
  async () => {
    const { found } = await inspectAll('pool-exhausted');

    expect([...found.nodes.values()].every(({ state }) => state === 'failed')).toBe(true);
    expect(
      [...found.vms.values()].map((reading) => 'value' in reading && reading.value.qmpStatus),
    ).toEqual(Array.from({ length: 5 }, () => 'io-error'));
  },
  TEST_MS,
);
