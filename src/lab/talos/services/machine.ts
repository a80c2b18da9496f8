import { status } from '@grpc/grpc-js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { isXid } from '../event-frames.js';
import { Failure } from '../failure.js';
import { ADMINS, READERS } from '../roles.js';
import { CONTAINER_METHODS } from './containers.js';
import { ETCD_METHODS } from './etcd.js';
import { INFO_METHODS } from './machine-info.js';

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

async function read({ node }: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const { path } = message as { readonly path: string };
  if (path !== BOOT_ID_PATH) {
    throw new Failure(status.UNKNOWN, `stat ${path}: no such file or directory`);
  }
  if (!(await outlet.ready())) return;
  outlet.write({ bytes: Buffer.from(`${node.bootId}\n`) });
  outlet.end();
}

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
    Read: { kind: 'stream', roles: ADMINS, answer: read },
    Events: { kind: 'stream', roles: READERS, answer: events },
    ...INFO_METHODS,
    ...CONTAINER_METHODS,
    ...ETCD_METHODS,
  },
};
