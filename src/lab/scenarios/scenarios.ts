import { LabUsageError, suggest } from '../control/usage-error.js';
import { parseSize, type Size } from '../world/topology.js';

/** A state to start a lab in. */
export interface Scenario {
  readonly id: string;
  /** One line. */
  readonly help: string;
  readonly size: Size;
  /** `lab do` lines that are applied before the first client comes. */
  readonly changes: readonly string[];
  /** Virtual seconds that pass after the changes: consequences are visible from the start. */
  readonly settleSeconds: number;
}

const HEALTHY: Size = { controlPlanes: 3, workers: 2 };

const sized = (id: string, help: string): Scenario => {
  const size = parseSize(id);
  if (size === null) throw new Error(`${id} is no size.`);
  return { id, help, size, changes: [], settleSeconds: 0 };
};

const incident = (
  id: string,
  help: string,
  changes: readonly string[],
  settleSeconds = 0,
): Scenario => ({ id, help, size: HEALTHY, changes, settleSeconds });

export const labScenarios: readonly Scenario[] = [
  {
    id: 'healthy',
    help: '3 control planes, 2 workers, all well; 2 serving certificates wait for approval',
    size: HEALTHY,
    changes: [],
    settleSeconds: 0,
  },
  sized('1+0', 'one machine that does everything'),
  sized('1+1', 'one control plane, one worker'),
  sized('2+0', 'two control planes: losing one loses the quorum'),
  sized('3+0', 'three control planes that also take workloads'),
  sized('5+3', 'five control planes, three workers'),
  incident('worker-down', 'a worker lost power a minute ago', ['stop-node talos-w-01'], 75),
  incident(
    'no-quorum',
    'two of three control planes are off: etcd has no leader, nobody holds the virtual address',
    ['stop-node talos-cp-02', 'stop-node talos-cp-03'],
    30,
  ),
  incident('no-vip', 'all is well, but nobody holds the virtual address', ['no-vip'], 5),
  incident(
    'node-hangs',
    'a control plane accepts connections and answers nothing, since a minute ago',
    ['hang-node talos-cp-02'],
    75,
  ),
  incident('storage-full', 'the thin pool is nearly full', ['fill-storage local-lvm 96']),
  incident(
    'hostile-csrs',
    'forged certificate requests among honest ones',
    ['vip', 'wrong-cn', 'client-auth', 'unknown-node', 'masters-group'].map(
      (kind) => `hostile-csr ${kind}`,
    ),
  ),
  incident('drift', 'one worker runs an image of another schematic, one has the ISO attached', [
    'drift-schematic talos-w-02',
    'attach-iso talos-w-01',
  ]),
  incident('etcd-nospace', 'etcd raised the NOSPACE alarm and refuses writes', [
    'etcd-alarm NOSPACE talos-cp-01',
  ]),
];

/** Any `N+M` and `N+M@P` is a scenario too. @throws LabUsageError */
export function scenarioOf(id: string): Scenario {
  const known = labScenarios.find((scenario) => scenario.id === id);
  if (known !== undefined) return known;
  const size = parseSize(id);
  if (size !== null) {
    return { id, help: 'a generated size', size, changes: [], settleSeconds: 0 };
  }
  if (/^\d+\+\d+(@\d+)?$/.test(id)) {
    throw new LabUsageError(
      `The lab cannot have the size ${id}.`,
      'Use 1 to 9 control planes, at most 2000 machines in all and 10 Proxmox nodes, for example 3+97@4.',
    );
  }
  throw new LabUsageError(
    `The lab has no scenario "${id}".`,
    suggest(
      id,
      labScenarios.map((scenario) => scenario.id),
    ),
  );
}
