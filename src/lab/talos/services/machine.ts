import { status } from '@grpc/grpc-js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { isXid } from '../event-frames.js';
import { Failure } from '../failure.js';
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

/** The first frame is an empty hello: tracked actions block on it (talos-wire.md §9). */
function events({ talos, node }: CallContext, message: object, outlet: StreamOutlet): void {
  const request = message as EventsRequest;
  const log = talos.eventsOf(node);
  if (request.tail_id !== '' && !isXid(request.tail_id)) {
    throw new Failure(status.UNKNOWN, `error parsing tail_id: xid: invalid ID`);
  }
  const history =
    request.tail_id !== ''
      ? log.after(request.tail_id)
      : request.tail_seconds > 0
        ? log.since(request.tail_seconds)
        : log.tail(request.tail_events);
  const isWanted = (actorId: string): boolean =>
    request.with_actor_id === '' || actorId === request.with_actor_id;
  const waiting: object[] = [
    {
      data: { type_url: '', value: Buffer.alloc(0) },
      id: log.nextId(),
      actor_id: request.with_actor_id,
    },
    ...history.filter((frame) => isWanted(frame.actor_id)),
  ];
  const pump = (): void => {
    while (outlet.isReady) {
      const frame = waiting.shift();
      if (frame === undefined) return;
      outlet.write(frame);
    }
  };
  outlet.onClose(
    log.subscribe((frame) => {
      if (!isWanted(frame.actor_id)) return;
      waiting.push(frame);
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
