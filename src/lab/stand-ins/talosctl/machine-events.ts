import {
  EVENT,
  SEQUENCE_EVENT,
  SERVICE_EVENT,
  STATUS_EVENT,
  STEP_EVENT,
} from './order-messages.js';

const SEQUENCE_ACTIONS = ['NOOP', 'START', 'STOP'];
const STEP_ACTIONS = ['START', 'STOP'];
const STAGES = [
  'UNKNOWN',
  'BOOTING',
  'INSTALLING',
  'MAINTENANCE',
  'RUNNING',
  'REBOOTING',
  'SHUTTING_DOWN',
  'RESETTING',
  'UPGRADING',
];
const RUNNING = 4;
const ERROR_CODES = ['FATAL', 'LOCKED', 'CANCELED'];

/** What a tracked action makes of one event: talos@1.13:cmd/talosctl/pkg/talos/action. */
export interface MachineEvent {
  readonly actorId: string;
  /** What is shown; null = nothing. */
  readonly text: string | null;
  readonly isMachineReady: boolean;
  /** `stopAllServices`, when the event tells of that task. */
  readonly task: string | null;
  readonly sequence: string | null;
  /** A sequence that failed says why. */
  readonly failure: string;
}

const QUIET = {
  text: null,
  isMachineReady: false,
  task: null,
  sequence: null,
  failure: '',
};

type Reading = Omit<MachineEvent, 'actorId'>;

function sequenceEvent(value: Buffer): Reading {
  const { sequence, action, error } = SEQUENCE_EVENT.decode(value);
  const failure = error?.message ?? '';
  // The two are the wrong way round in the source, too.
  const suffix =
    failure === ''
      ? ''
      : ` error: [code: ${failure} message: ${ERROR_CODES[error?.code ?? 0] ?? ''}]`;
  const text = `sequence: ${sequence} action: ${SEQUENCE_ACTIONS[action] ?? action}${suffix}`;
  return { ...QUIET, text, sequence, failure };
}

function stepEvent(kind: 'phase' | 'task', value: Buffer): Reading {
  const { name, action } = STEP_EVENT.decode(value);
  const text = `${kind}: ${name} action: ${STEP_ACTIONS[action] ?? action}`;
  return { ...QUIET, text, task: kind === 'task' ? name : null };
}

function statusEvent(value: Buffer): Reading {
  const { stage, status } = STATUS_EVENT.decode(value);
  const isReady = status?.ready ?? false;
  const unmet = (status?.unmet ?? [])
    .map(({ name, reason }) => `name:${JSON.stringify(name)}  reason:${JSON.stringify(reason)}`)
    .join(' ');
  return {
    ...QUIET,
    text: `stage: ${STAGES[stage] ?? stage} ready: ${isReady} unmetCond: [${unmet}]`,
    isMachineReady: stage === RUNNING && isReady,
  };
}

function serviceEvent(value: Buffer): Reading {
  const { service, message, health } = SERVICE_EVENT.decode(value);
  const text = `service: ${service} message: ${message} healthy: ${health?.healthy ?? false}`;
  return { ...QUIET, text };
}

function readingOf(type: string, value: Buffer): Reading {
  switch (type) {
    case 'SequenceEvent':
      return sequenceEvent(value);
    case 'PhaseEvent':
      return stepEvent('phase', value);
    case 'TaskEvent':
      return stepEvent('task', value);
    case 'MachineStatusEvent':
      return statusEvent(value);
    case 'ServiceStateEvent':
      return serviceEvent(value);
    default:
      return QUIET;
  }
}

export function decodeEvent(frame: Buffer): MachineEvent {
  const { data, actorId } = EVENT.decode(frame);
  const type = (data?.typeUrl ?? '').replace(/^talos\/runtime\/machine\./, '');
  return { actorId, ...readingOf(type, data?.value ?? Buffer.alloc(0)) };
}
