import type { OperatorError } from './errors.js';
import type { Joined } from './join.js';
import type { KubeNode } from './kubernetes.js';
import { compareLevels } from './levels.js';
import type { LayerState, Level } from './machine.js';
import { isProxmoxNamed } from './proxmox-named.js';
import type { Reading } from './reading.js';
import { readingError } from './reading.js';
import type { Snapshot } from './snapshot.js';
import type { MachineStage, MachineStatus } from './talos.js';
import { unreachable } from './unreachable.js';

/** Does not apply: a worker has no etcd, a bare machine no guest. */
export const NO_LAYER: LayerState = { level: 'none', word: '-', detail: '' };

/** Nothing heard yet, and no reason to worry yet. */
export const WAITING_LAYER: LayerState = { level: 'wait', word: 'waiting', detail: '' };

/** The other side does not answer: that is about the way there, not about its health. */
export const isSilence = (error: OperatorError): boolean =>
  error.kind === 'unreachable' || error.kind === 'timeout';

/** What a source that cannot be read makes of a cell: the last word is told, and never trusted. */
export function blindLayer<T>(
  reading: Reading<T>,
  lastWord: string | null,
  subject: string,
): LayerState {
  switch (reading.state) {
    case 'waiting':
      return WAITING_LAYER;
    case 'failed':
      return unknownLayer(`${subject} cannot be read: ${reading.error.message}`);
    case 'stale':
      return {
        level: 'unknown',
        word: 'stale',
        detail: `${subject} cannot be read${lastWord === null ? '' : `, last seen ${lastWord}`}: ${reading.error.message}`,
      };
    case 'fresh':
      return lastWord === null
        ? unknownLayer(`${subject} is not known`)
        : { level: 'ok', word: lastWord, detail: '' };
    default:
      return unreachable(reading);
  }
}

export const unknownLayer = (detail: string): LayerState => ({
  level: 'unknown',
  word: 'unknown',
  detail,
});

export function vmLayer(joined: Joined, snapshot: Snapshot): LayerState {
  if (!isProxmoxNamed(snapshot.cluster)) return NO_LAYER;
  const { vm } = joined;
  if (vm === null) return missingGuest(joined, snapshot);
  if (snapshot.vms.state !== 'fresh') {
    return blindLayer(snapshot.vms, vm.status, `VM ${vm.id}`);
  }
  const name = `VM ${vm.id}`;
  switch (vm.status) {
    case 'running':
      return vm.lock === null
        ? { level: 'ok', word: 'running', detail: '' }
        : { level: 'wait', word: 'running', detail: `${name} is locked (${vm.lock})` };
    case 'stopped':
      return { level: 'fail', word: 'stopped', detail: `${name} is stopped` };
    case 'unknown':
      return unknownLayer(`Proxmox has no report of ${name} from ${vm.pveNode}`);
    default:
      return { level: guestLevel(vm.status), word: vm.status, detail: `${name} is ${vm.status}` };
  }
}

/** QMP run states other than running: qemu-server passes them through. */
const guestLevel = (status: string): Level =>
  ['io-error', 'internal-error', 'guest-panicked', 'shutdown'].includes(status) ? 'fail' : 'warn';

function missingGuest({ talos, conflicts }: Joined, snapshot: Snapshot): LayerState {
  if (snapshot.vms.state !== 'fresh') return blindLayer(snapshot.vms, null, 'The list of guests');
  const conflict = conflicts.find((text) => text.includes('VM '));
  if (conflict !== undefined) return unknownLayer(conflict);
  const configs = snapshot.vms.value.filter((vm) => !vm.isTemplate).map((vm) => vm.config);
  const identityState = talos === null ? 'waiting' : talos.links.state;
  if (configs.some(({ state }) => state === 'waiting')) return WAITING_LAYER;
  if (configs.some(({ state }) => state === 'failed')) {
    return unknownLayer('Not every guest configuration can be read, so no guest is joined');
  }
  return identityState === 'fresh' || identityState === 'stale'
    ? { ...NO_LAYER, detail: 'No guest has its MAC address or SMBIOS UUID' }
    : unknownLayer('The node was never read, so no guest can be joined');
}

export function talosLayer({ talos }: Joined): LayerState {
  if (talos === null) return unknownLayer('Talos does not list this machine');
  const { status, version } = talos;
  // Its sign of life goes first: a stream may look alive long after its node is gone, and break while it lives.
  const error = readingError(version) ?? readingError(status);
  if (error === undefined) {
    return status.state === 'fresh' ? stageLayer(status.value) : WAITING_LAYER;
  }
  if (isSilence(error) && version.state !== 'fresh') {
    return {
      level: 'fail',
      word: 'unreachable',
      detail: `Talos does not answer: ${error.message}`,
    };
  }
  return 'value' in status
    ? {
        level: 'unknown',
        word: 'stale',
        detail: `Talos cannot be read, last seen ${status.value.stage}: ${error.message}`,
      }
    : unknownLayer(`Talos cannot be read: ${error.message}`);
}

const STAGE_LEVELS: Readonly<Record<MachineStage, Level>> = {
  unknown: 'unknown',
  booting: 'wait',
  installing: 'wait',
  maintenance: 'warn',
  running: 'ok',
  rebooting: 'wait',
  'shutting down': 'wait',
  resetting: 'warn',
  upgrading: 'wait',
};

/** talos@1.12: `ready` means something while booting and running only; other stages report true. */
function stageLayer({ stage, ready, unmetConditions }: MachineStatus): LayerState {
  if (stage !== 'running') {
    const detail = stage === 'unknown' ? 'Talos reports no stage yet' : `Talos is ${stage}`;
    return { level: STAGE_LEVELS[stage], word: stage, detail };
  }
  if (ready) return { level: 'ok', word: 'running', detail: '' };
  const why = unmetConditions.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return {
    level: 'warn',
    word: 'not ready',
    detail: why === '' ? 'Talos is not ready' : `Talos is not ready: ${why}`,
  };
}

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'] as const;

export function kubeLayer(joined: Joined, snapshot: Snapshot): LayerState {
  const node = joined.kubernetes;
  if (snapshot.kubeNodes.state !== 'fresh') {
    return blindLayer(snapshot.kubeNodes, node && kubeWord(node), 'Kubernetes');
  }
  if (node === null) return unregistered(joined);
  const word = kubeWord(node);
  const condition = node.conditions.find(({ type }) => type === 'Ready');
  switch (node.ready) {
    case 'False':
      return {
        level: 'fail',
        word,
        detail: `NotReady: ${condition?.message ?? 'no reason given'}`,
      };
    case 'Unknown':
      return { level: 'unknown', word, detail: 'The kubelet stopped reporting to Kubernetes' };
    case 'True':
      return readyLayer(node, word);
    default:
      return unreachable(node.ready);
  }
}

function readyLayer(node: KubeNode, word: string): LayerState {
  if (node.isBeingDeleted)
    return { level: 'warn', word, detail: 'The node object is being deleted' };
  if (node.isUnschedulable) {
    const by = node.isCordonedByTalos ? ' by Talos (upgrade or shutdown in progress)' : '';
    return { level: 'warn', word, detail: `The node is cordoned${by}` };
  }
  const pressure = node.conditions.find(
    ({ type, status }) => status === 'True' && PRESSURES.some((name) => name === type),
  );
  return pressure === undefined
    ? { level: 'ok', word, detail: '' }
    : { level: 'warn', word, detail: `${pressure.type}: ${pressure.message}` };
}

/** The one word of a node, as an operator knows it from kubectl. */
function kubeWord(node: KubeNode): string {
  if (node.ready === 'False') return 'NotReady';
  if (node.ready === 'Unknown') return 'Unknown';
  if (node.isBeingDeleted) return 'deleting';
  return node.isUnschedulable ? 'cordoned' : 'Ready';
}

function unregistered({ talos, member }: Joined): LayerState {
  const status = talos?.status;
  const isUp =
    status?.state === 'fresh' && compareLevels(stageLayer(status.value).level, 'warn') > 0;
  if (isUp || member !== null) {
    return { level: 'warn', word: 'absent', detail: 'Kubernetes has no node of this machine' };
  }
  return NO_LAYER;
}
