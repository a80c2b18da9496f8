import {
  etcdAlarmsOf,
  etcdMembersOf,
  etcdStatusOf,
  mountsOf,
  servicesOf,
  systemSampleOf,
  versionOf,
} from '../../src/clients/talos-answers.js';
import { entryOf } from '../../src/clients/talos-cosi.js';
import { noAnswer, talosCallError } from '../../src/clients/talos-errors.js';
import type { TalosProto } from '../../src/clients/talos-proto.js';
import type { CosiKind, CosiResource, TalosClient } from '../../src/clients/types.js';
import type { CallContext, StreamOutlet } from '../../src/lab/talos/calls.js';
import type { Resource } from '../../src/lab/talos/collection.js';
import { Failure } from '../../src/lab/talos/failure.js';
import { serviceDefinition } from '../../src/lab/talos/protos.js';
import { pullInstaller } from '../../src/lab/talos/services/images.js';
import { LIFECYCLE_SERVICE } from '../../src/lab/talos/services/lifecycle.js';
import { MACHINE_SERVICE } from '../../src/lab/talos/services/machine.js';
import type { TalosLab } from '../../src/lab/talos/talos-lab.js';
import { reachabilityOf } from '../../src/lab/world/node.js';
import type { LabNode } from '../../src/lab/world/types.js';
import { ClientError, type OperatorError } from '../../src/model/errors.js';
import type { Doors } from './doors.js';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const ROLES: ReadonlySet<string> = new Set(['os:admin']);
const DEFINITION = serviceDefinition('machine.proto', 'machine.MachineService');

/** The lab's Talos nodes without a wire in between; answers still go through both sides' message types. */
export interface SimTalos {
  readonly client: TalosClient;
  /** Any unary method of MachineService, as talosctl would call it. @throws ClientError */
  readonly call: (node: string, method: string, request?: object) => Promise<unknown>;
  /** LifecycleService.Upgrade: the installer's exit code. @throws ClientError */
  readonly install: (node: string, image: string) => Promise<number>;
  /** `talosctl image pull --namespace system`. @throws ClientError */
  readonly pull: (node: string, image: string) => Promise<void>;
}

export function simTalos(talos: TalosLab, proto: TalosProto, doors: Doors): SimTalos {
  const reach = (address: string): LabNode => {
    doors.enter(`talos ${address}`);
    const node = talos.findNode(address);
    const state = node === undefined ? 'refused' : reachabilityOf(node);
    if (node === undefined || state === 'refused') {
      throw talosCallError(address, { code: 14, details: 'connection refused' });
    }
    if (state === 'silent') throw noAnswer(address, 6_000);
    return node;
  };
  const ask = async (node: LabNode, method: string, request: object): Promise<unknown> => {
    const found = MACHINE_SERVICE.methods[method];
    if (found?.kind !== 'unary') throw new Error(`The lab has no unary ${method}.`);
    try {
      const answer = await doors.clock.driven(
        Promise.resolve(found.answer({ talos, node, roles: ROLES }, request)),
      );
      const bytes = DEFINITION[method]?.responseSerialize(
        found.isWrapped ? { messages: [answer] } : answer,
      );
      return bytes === undefined ? null : proto.machine(method).decode(bytes);
    } catch (error) {
      throw asClientError(node.address, error);
    }
  };
  const call = async (address: string, method: string, request: object = {}) =>
    await ask(reach(address), method, request);
  const list = (node: LabNode, { namespace, type }: CosiKind): readonly CosiResource[] =>
    talos.storeOf(node).collection(namespace, type).all().map(resourceOf);

  return {
    call,
    client: {
      version: async (node) => versionOf(await call(node, 'Version'), node),
      list: async (node, kind) => list(reach(node), kind),
      watch: (address, kind, handlers) =>
        watchNode({ talos, address, doors, kind }, handlers, (node) => list(node, kind)),
      etcdMembers: async (node) =>
        etcdMembersOf(await call(node, 'EtcdMemberList', { query_local: true }), node),
      etcdStatus: async (node) => etcdStatusOf(await call(node, 'EtcdStatus'), node),
      etcdAlarms: async (node) => etcdAlarmsOf(await call(node, 'EtcdAlarmList'), node),
      services: async (node) => servicesOf(await call(node, 'ServiceList'), node),
      systemSample: async (node) =>
        systemSampleOf(
          { stat: await call(node, 'SystemStat'), memory: await call(node, 'Memory') },
          node,
        ),
      async readFile(address, path) {
        const node = reach(address);
        if (path === BOOT_ID) return `${node.bootId}\n`;
        throw new ClientError('not-found', `${address}: ${path}: no such file`, 'Name another.');
      },
      mounts: async (node) => mountsOf(await call(node, 'Mounts'), node),
      async time(address) {
        const node = reach(address);
        return talos.world.clock.now() + node.machine.clockSkewMs;
      },
      activeEndpoint: () => null,
      close: () => undefined,
    },
    async install(address, image) {
      const node = reach(address);
      return await doors.clock.driven(installOn({ talos, node, roles: ROLES }, image));
    },
    async pull(address, image) {
      const context = { talos, node: reach(address), roles: ROLES };
      try {
        await doors.clock.driven(pullInstaller(context, image));
      } catch (error) {
        throw asClientError(address, error);
      }
    },
  };
}

const parsedSpecs = new WeakMap<Resource, CosiResource>();

function resourceOf(resource: Resource): CosiResource {
  const known = parsedSpecs.get(resource);
  if (known !== undefined) return known;
  const { metadata, spec } = resource;
  const wire = {
    metadata: { ...metadata, created: null, updated: null },
    spec: { yaml_spec: spec.yaml_spec },
  };
  const entry = entryOf(wire, metadata.id);
  if ('error' in entry) throw entry.error;
  parsedSpecs.set(resource, entry.value);
  return entry.value;
}

function asClientError(address: string, error: unknown): unknown {
  return error instanceof Failure
    ? talosCallError(address, { code: error.code, details: error.details })
    : error;
}

const DELIVER_EVERY_MS = 3_000;

/** Changes arrive within a second; a node that goes breaks the stream, one that hangs says nothing. */
function watchNode(
  place: {
    readonly talos: TalosLab;
    readonly address: string;
    readonly doors: Doors;
    readonly kind: CosiKind;
  },
  handlers: Parameters<TalosClient['watch']>[2],
  list: (node: LabNode) => readonly CosiResource[],
): () => void {
  const { talos, address, doors } = place;
  let seen: readonly CosiResource[] | null = null;
  let hasFailed = false;
  const deliver = (): void => {
    const node = talos.findNode(address);
    const state = node === undefined ? 'refused' : reachabilityOf(node);
    if (state === 'silent' || doors.isStale()) return;
    if (node === undefined || state === 'refused') {
      seen = null;
      if (!hasFailed) handlers.onError(gone(address));
      hasFailed = true;
      return;
    }
    const now = list(node);
    if (!hasFailed && seen !== null && isSame(seen, now)) return;
    hasFailed = false;
    seen = now;
    handlers.onItems(now);
  };
  queueMicrotask(deliver);
  return talos.world.clock.every(DELIVER_EVERY_MS, deliver);
}

const isSame = (left: readonly CosiResource[], right: readonly CosiResource[]): boolean =>
  left.length === right.length && left.every((item, index) => item === right[index]);

const gone = (address: string): OperatorError =>
  talosCallError(address, { code: 14, details: 'connection refused' });

async function installOn(context: CallContext, image: string): Promise<number> {
  const method = LIFECYCLE_SERVICE.methods.Upgrade;
  if (method?.kind !== 'stream') throw new Error('LifecycleService.Upgrade is no stream.');
  const request = {
    containerd: { driver: 'CONTAINERD', namespace: 'NS_SYSTEM' },
    source: { image_name: image },
  };
  return await new Promise((resolve, reject) => {
    const outlet: StreamOutlet = {
      isReady: true,
      maySpeak: true,
      write(frame: object) {
        const { progress } = frame as { readonly progress?: { readonly exit_code?: number } };
        if (progress?.exit_code !== undefined) resolve(progress.exit_code);
        return true;
      },
      onClose: () => undefined,
      onReady: () => undefined,
      end: () => undefined,
      ready: async () => true,
    };
    Promise.resolve(method.answer(context, request, outlet)).catch((error: unknown) =>
      reject(asClientError(context.node.address, error)),
    );
  });
}
