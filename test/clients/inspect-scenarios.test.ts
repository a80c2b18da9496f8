import { expect, test } from 'vitest';
import type { Inspection } from '../../src/model/inspection.js';
import type { Reading } from '../../src/model/reading.js';
import { startInspectedLab } from '../support/inspected-lab.js';

const TEST_MS = 120_000;

const TRIES = 3;

/** Once more when a part had no time on a busy machine, except for what is `lost` in this scenario. */
async function inspectAll(scenario: string, lost: string | null = null) {
  const lab = await startInspectedLab(scenario);
  const { address } = lab;
  const lostAt = lost === null ? null : address(lost);
  try {
    for (let tried = 1; ; tried += 1) {
      const found = await lab.inspect(lab.everything);
      const late = parts(found).filter(([key, reading]) => key !== lostAt && isLate(reading));
      if (late.length === 0 || tried === TRIES) return { found, address };
    }
  } finally {
    await lab.close();
  }
}

const isLate = (reading: Reading<unknown>): boolean =>
  'error' in reading && reading.error.kind === 'timeout';

const parts = ({ nodes, vms, storages, kube }: Inspection) =>
  [...nodes, ...vms, ...storages, ['kube', kube] as const].map(
    ([key, reading]: readonly [unknown, Reading<unknown>]) => [String(key), reading] as const,
  );

const notFresh = (found: Inspection) =>
  parts(found)
    .filter(([, { state }]) => state !== 'fresh')
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
    const { found, address } = await inspectAll(scenario, hostname);

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
