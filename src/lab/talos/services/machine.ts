import { status } from '@grpc/grpc-js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { isXid } from '../event-frames.js';
import type { Told } from '../event-log.js';
import { connectionLost, Failure } from '../failure.js';
import { READERS } from '../roles.js';
import { APPLY_METHODS } from './apply.js';
import { BOOTSTRAP_METHODS } from './bootstrap.js';
import { CONTAINER_METHODS } from './containers.js';
import { CREDENTIAL_METHODS } from './credentials.js';
import { ETCD_METHODS } from './etcd.js';
import { FILE_METHODS } from './files.js';
import { IMAGE_PULL } from './images.js';
import { LOG_METHODS } from './logs.js';
import { INFO_METHODS } from './machine-info.js';
import { META_METHODS } from './meta.js';
import { NETSTAT_METHODS } from './netstat.js';
import { ORDER_METHODS } from './orders.js';
import { SERVICE_METHODS } from './service-control.js';

interface EventsRequest {
  readonly tail_events: number;
  readonly tail_id: string;
  readonly tail_seconds: number;
  readonly with_actor_id: string;
}

const wantsNoPast = (request: EventsRequest): boolean =>
  request.tail_id === '' && request.tail_seconds === 0 && request.tail_events === 0;

/** @throws Failure for a client that missed a whole boot: it would have lost its stream. */
function historyOf(
  { talos, node }: Pick<CallContext, 'talos' | 'node'>,
  request: EventsRequest,
): readonly Told[] {
  const log = talos.eventsOf(node);
  // Who lost its stream asks for all that there is: that one has come back, too.
  const turned = talos.turns.take(node);
  if (request.tail_id !== '') return log.after(request.tail_id);
  if (request.tail_seconds > 0) {
    return log.since(talos.world.clock.now() - request.tail_seconds * 1000);
  }
  const turn = wantsNoPast(request) ? turned : null;
  if (turn === null) return log.tail(request.tail_events);
  if (turn.bootId !== node.bootId) throw connectionLost();
  return log.since(turn.atMs);
}

/** The first frame is an empty hello: tracked actions block on it (talos-wire.md §9). */
function events({ talos, node }: CallContext, message: object, outlet: StreamOutlet): void {
  const request = message as EventsRequest;
  const log = talos.eventsOf(node);
  if (request.tail_id !== '' && !isXid(request.tail_id)) {
    throw new Failure(status.UNKNOWN, `error parsing tail_id: xid: invalid ID`);
  }
  const isWanted = ({ frame }: Told): boolean =>
    request.with_actor_id === '' || frame.actor_id === request.with_actor_id;
  const hello = {
    data: { type_url: '', value: Buffer.alloc(0) },
    id: log.nextId(),
    actor_id: request.with_actor_id,
  };
  const waiting: Told[] = [
    { frame: hello, atMs: 0, endsPass: false },
    ...historyOf({ talos, node }, request).filter(isWanted),
  ];
  // For no reader is waited: time may leap, and a machine that goes meanwhile has said what it said.
  const pump = (): void => {
    while (outlet.maySpeak) {
      const told = waiting.shift();
      if (told === undefined) return;
      outlet.write(told.frame);
      if (told.endsPass && wantsNoPast(request)) talos.turns.note(node, told.atMs);
    }
  };
  outlet.onClose(
    log.subscribe((told) => {
      if (!isWanted(told)) return;
      waiting.push(told);
      pump();
    }),
  );
  outlet.onReady(pump);
  pump();
}

export const MACHINE_SERVICE: Service = {
  name: 'machine.MachineService',
  file: 'machine.proto',
  fansOut: true,
  methods: {
    Events: { kind: 'stream', roles: READERS, answer: events },
    ...INFO_METHODS,
    ...CONTAINER_METHODS,
    ...ETCD_METHODS,
    ...FILE_METHODS,
    ...LOG_METHODS,
    ...CREDENTIAL_METHODS,
    ...NETSTAT_METHODS,
    ...ORDER_METHODS,
    ...SERVICE_METHODS,
    ...APPLY_METHODS,
    ...IMAGE_PULL,
    ...META_METHODS,
    ...BOOTSTRAP_METHODS,
  },
};
