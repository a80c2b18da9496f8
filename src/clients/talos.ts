import type { IpAddress } from '../model/ids.js';
import {
  etcdAlarmsOf,
  etcdMembersOf,
  etcdStatusOf,
  servicesOf,
  systemSampleOf,
  versionOf,
} from './talos-answers.js';
import type { CallLimits } from './talos-calls.js';
import {
  connectTalos,
  routeWithin,
  type TalosClientWiring,
  type TalosConnection,
} from './talos-connection.js';
import { resourceIn } from './talos-cosi.js';
import { talosCancelled } from './talos-errors.js';
import { createNodeReads } from './talos-reads.js';
import { createTalosWatches } from './talos-watches.js';
import type { TalosClient } from './types.js';

const CALL_MS = 6_000;
/** etcd without quorum answers only after some seconds (talos@1.12). */
const ETCD_CALL_MS = 8_000;

/** Connects when first used. */
export function createTalosClient(wiring: TalosClientWiring): TalosClient {
  let connection: TalosConnection | null = null;
  let connecting: Promise<TalosConnection> | null = null;
  let isClosed = false;

  const connect = (): Promise<TalosConnection> => {
    connecting ??= connectTalos(wiring).then((ready) => {
      connection = ready;
      if (isClosed) ready.router.close();
      return ready;
    });
    return connecting;
  };
  const watches = createTalosWatches(connect, wiring);

  const reach = async (node: IpAddress, limits: CallLimits) => {
    if (isClosed) throw talosCancelled(node);
    const { proto, router } = await connect();
    return { proto, route: await routeWithin(router, node, wiring.clock, limits) };
  };
  const call = async (
    node: IpAddress,
    method: string,
    signal?: AbortSignal,
    { request = {}, timeoutMs = CALL_MS }: { request?: object; timeoutMs?: number } = {},
  ): Promise<unknown> => {
    const limits = { timeoutMs, signal };
    const { proto, route } = await reach(node, limits);
    const reply = await route.link.unary(proto.machine(method), request, route.target, limits);
    watches.heard(node);
    return reply;
  };
  const etcd = { timeoutMs: ETCD_CALL_MS };

  return {
    version: async (node, signal) => versionOf(await call(node, 'Version', signal), node),
    async list(node, kind, signal) {
      const limits = { timeoutMs: CALL_MS, signal };
      const { proto, route } = await reach(node, limits);
      const { namespace, type } = kind;
      const request = { namespace, type };
      const messages = await route.link.collect(proto.state('List'), request, route.target, limits);
      return messages.map((message) => resourceIn(message, node));
    },
    watch: watches.watch,
    etcdMembers: async (node, signal) =>
      etcdMembersOf(
        await call(node, 'EtcdMemberList', signal, { ...etcd, request: { query_local: true } }),
        node,
      ),
    etcdStatus: async (node, signal) =>
      etcdStatusOf(await call(node, 'EtcdStatus', signal, etcd), node),
    etcdAlarms: async (node, signal) =>
      etcdAlarmsOf(await call(node, 'EtcdAlarmList', signal, etcd), node),
    services: async (node, signal) => servicesOf(await call(node, 'ServiceList', signal), node),
    async systemSample(node, signal) {
      const [stat, memory] = await Promise.all([
        call(node, 'SystemStat', signal),
        call(node, 'Memory', signal),
      ]);
      return systemSampleOf({ stat, memory }, node);
    },
    ...createNodeReads(reach),
    activeEndpoint: () => connection?.router.activeEndpoint() ?? null,
    close() {
      isClosed = true;
      watches.close();
      connection?.router.close();
    },
  };
}
