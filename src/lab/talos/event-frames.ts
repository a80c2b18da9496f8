import type { Occurrence } from '../world/talos-journal.js';
import type { LabNode, LabService, ServiceState, Stage } from '../world/types.js';
import { timestamp } from './collection.js';
import { encode } from './protos.js';

const URL_PREFIX = 'talos/runtime/machine.';
const XID_ALPHABET = '0123456789abcdefghijklmnopqrstuv';

/** The payload of machine.Event. */
export interface EventData {
  readonly type_url: string;
  readonly value: Buffer;
}

const STAGE_NAME: Readonly<Record<Stage, string>> = {
  booting: 'BOOTING',
  installing: 'INSTALLING',
  maintenance: 'MAINTENANCE',
  running: 'RUNNING',
  rebooting: 'REBOOTING',
  'shutting down': 'SHUTTING_DOWN',
  resetting: 'RESETTING',
  upgrading: 'UPGRADING',
};

const payload = (name: string, message: object): EventData => ({
  type_url: `${URL_PREFIX}${name}`,
  value: encode('machine.proto', `machine.${name}`, message),
});

export const statusEvent = (
  stage: Stage,
  unmetConditions: LabNode['unmetConditions'],
  isReady: boolean,
): EventData =>
  payload('MachineStatusEvent', {
    stage: STAGE_NAME[stage],
    status: { ready: isReady, unmet_conditions: unmetConditions },
  });

/** `state` and `message` as they were, health as it is. */
export const serviceEvent = (
  service: LabService,
  state: ServiceState = service.state,
  message = service.events.at(-1)?.message ?? '',
): EventData =>
  payload('ServiceStateEvent', {
    service: service.id,
    action: state.toUpperCase(),
    message,
    health: {
      unknown: service.isHealthy === null,
      healthy: service.isHealthy === true,
      last_message: service.lastMessage,
      last_change: timestamp(service.healthChangedAtMs),
    },
  });

export const addressEvent = (hostname: string, addresses: readonly string[]): EventData =>
  payload('AddressEvent', { hostname, addresses });

export function occurrenceEvent(what: Occurrence): EventData {
  switch (what.kind) {
    case 'sequence':
      return payload('SequenceEvent', {
        sequence: what.sequence,
        action: what.action,
        error: what.error ?? null,
      });
    case 'phase':
      return payload('PhaseEvent', { phase: what.phase, action: what.action });
    case 'task':
      return payload('TaskEvent', { task: what.task, action: what.action });
    case 'restart':
      return payload('RestartEvent', { cmd: what.cmd });
    case 'config-load-error':
      return payload('ConfigLoadErrorEvent', { error: what.error });
    case 'config-validation-error':
      return payload('ConfigValidationErrorEvent', { error: what.error });
  }
}

/** Four bytes of seconds, five of the machine and its process, three of a counter: sortable by time. */
export function xid(atMs: number, bootId: string, counter: number): string {
  const raw = Buffer.alloc(12);
  raw.writeUInt32BE(Math.floor(atMs / 1000) >>> 0, 0);
  raw.write(bootId.replaceAll('-', '').slice(0, 10), 4, 'hex');
  raw.writeUIntBE(counter & 0xffffff, 9, 3);
  return base32Hex(raw);
}

function base32Hex(bytes: Buffer): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  // 96 bits are 19.2 digits: the last one carries a single bit and four zeros.
  bits <<= 4n;
  let text = '';
  for (let digit = 0; digit < 20; digit += 1) {
    text = XID_ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}

/** 20 characters of base32hex. */
export const isXid = (text: string): boolean => /^[0-9a-v]{20}$/.test(text);
