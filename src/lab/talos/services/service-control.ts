import { status } from '@grpc/grpc-js';
import { getObject, putObject } from '../../world/kube-store.js';
import { startService, stopService } from '../../world/life.js';
import { restarted } from '../../world/pods.js';
import type { LabNode, LabService, World } from '../../world/types.js';
import type { CallContext, Method } from '../calls.js';
import { Failure } from '../failure.js';
import { OPERATORS } from '../roles.js';
import { virtually } from '../virtual-time.js';
import { findContainer } from './containers.js';

type Operation = 'start' | 'stop' | 'restart';

/** Stopping a container of the runtime, until it is gone. */
const STOP_MS = 1500;

/** talos@1.12: APIStartAllowed and the like of each service. */
const ALLOWED: Readonly<Record<Operation, (id: string) => boolean>> = {
  start: (id) => id === 'kubelet' || id.startsWith('ext-'),
  stop: (id) => id.startsWith('ext-'),
  restart: (id) => id === 'kubelet' || id.startsWith('ext-'),
};

/** @throws Failure when this node has no such service. */
function serviceOf(node: LabNode, id: string): LabService {
  const service = node.services.get(id);
  if (service !== undefined) return service;
  throw new Failure(status.UNKNOWN, `service "${id}" not defined`);
}

const isRunning = ({ state }: LabService): boolean =>
  !['Initialized', 'Finished', 'Failed', 'Skipped'].includes(state);

function check(operation: Operation, id: string): void {
  if (ALLOWED[operation](id)) return;
  throw new Failure(
    status.UNKNOWN,
    `service "${id}" doesn't support ${operation} operation via API`,
  );
}

async function stop(world: World, node: LabNode, id: string): Promise<void> {
  await virtually(world, STOP_MS);
  stopService(world, node, id);
}

/** Whoever asks for what is already so is told that it was done. */
async function operate(
  { talos, node }: CallContext,
  operation: Operation,
  id: string,
): Promise<void> {
  const service = serviceOf(node, id);
  const runs = isRunning(service);
  if (operation === 'start' && runs) return;
  if (operation === 'stop' && !runs) return;
  const effective = operation === 'restart' && !runs ? 'start' : operation;
  check(effective, id);
  if (effective !== 'start') await stop(talos.world, node, id);
  if (effective !== 'stop') startService(talos.world, node, id);
}

const DONE: Readonly<Record<Operation, string>> = {
  start: 'started',
  stop: 'stopped',
  restart: 'restarted',
};

const control = (operation: Operation): Method => ({
  kind: 'unary',
  isWrapped: true,
  roles: OPERATORS,
  answer: async (context, request) => {
    const { id } = request as { readonly id: string };
    await operate(context, operation, id);
    return { resp: `Service "${id}" ${DONE[operation]}` };
  },
});

/** Ends a container; whoever runs it starts it anew. */
async function restartContainer({ talos, node }: CallContext, message: object): Promise<object> {
  const query = message as { namespace: string; driver: string; id: string };
  const { world } = talos;
  const { podId, id } = findContainer({ talos, node, roles: new Set() }, query);
  await virtually(world, STOP_MS);
  const [namespace = '', name = ''] = podId.split('/');
  const pod = getObject(world, 'pods', name, namespace);
  if (pod !== undefined) putObject(world, 'pods', restarted(pod, world.clock.now()));
  else if (node.services.has(id)) {
    stopService(world, node, id);
    startService(world, node, id);
  }
  return {};
}

export const SERVICE_METHODS: Readonly<Record<string, Method>> = {
  ServiceStart: control('start'),
  ServiceStop: control('stop'),
  ServiceRestart: control('restart'),
  Restart: { kind: 'unary', isWrapped: true, roles: OPERATORS, answer: restartContainer },
};
