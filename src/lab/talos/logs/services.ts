import { listObjects } from '../../world/kube-store.js';
import { podSpec } from '../../world/pods.js';
import { serviceIdsOf } from '../../world/talos-services.js';
import type { LabNode, LabService, World } from '../../world/types.js';
import { kernelLog } from './kernel.js';
import { machinedLines } from './machined.js';
import { changed, type LogSource, type Murmur, murmuring, together, told } from './source.js';

const MINUTE_MS = 60_000;

/** Logs that exist without a service of their name. */
const ALWAYS = ['controller-runtime', 'dns-resolve-cache', 'kernel'];

export const registeredLogs = (node: LabNode): readonly string[] =>
  [...ALWAYS, ...serviceIdsOf(node)].sort();

/** null = no such log. */
export function serviceLog(world: World, node: LabNode, id: string): LogSource | null {
  if (id === 'kernel') return kernelLog(world, node);
  if (id === 'machined')
    return changed(machinedLines(world, node), ({ text }) => `[talos] ${text}`);
  if (id === 'controller-runtime') return controllerRuntime(world, node);
  if (id === 'dns-resolve-cache') return dnsCache(node);
  const service = node.services.get(id);
  return service === undefined ? null : ofService(world, node, service);
}

interface Voice {
  readonly everyMs: number;
  readonly start: (atMs: number) => readonly string[];
  readonly text: (index: number, atMs: number) => string | null;
}

/** From the last start on; a service that has stopped says nothing more. */
function ofService(world: World, node: LabNode, service: LabService): LogSource {
  const voice = VOICES[service.id]?.(world, node) ?? quiet(service.id);
  const isRunning = service.state === 'Running';
  const startedAtMs =
    service.events.findLast(
      ({ message }) => message.startsWith('Started') || message.startsWith('Process'),
    )?.atMs ?? node.bootedAtMs;
  const murmur: Murmur = {
    sinceMs: startedAtMs + 500,
    ...(isRunning ? {} : { untilMs: service.events.at(-1)?.atMs ?? startedAtMs }),
    everyMs: voice.everyMs,
    text: voice.text,
  };
  const first = told(() =>
    voice.start(startedAtMs).map((text, index) => ({ atMs: startedAtMs + 40 * (index + 1), text })),
  );
  return together([first, murmuring(murmur)]);
}

const quiet = (id: string): Voice => ({
  everyMs: 60 * MINUTE_MS,
  start: () => [`${id}: started`],
  text: () => null,
});

const iso = (atMs: number): string => new Date(atMs).toISOString();
const micros = (atMs: number): string => iso(atMs).replace('Z', '000Z');
const goDate = (atMs: number): string =>
  iso(atMs).replace('T', ' ').replaceAll('-', '/').replace('Z', '000');

const json = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify(fields);

type VoiceOf = (world: World, node: LabNode) => Voice;

const kubelet: VoiceOf = (world, node) => {
  const say = (atMs: number, caller: string, msg: string, more: object = {}): string =>
    json({ ts: atMs + 0.5, caller, msg, v: 0, ...more });
  const pods = (): readonly string[] =>
    listObjects(world, 'pods')
      .filter((pod) => podSpec(pod).nodeName === node.hostname)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return {
    everyMs: 47_000,
    start: (atMs) => [
      say(atMs, 'server/server.go:525', 'Kubelet version', {
        kubeletVersion: world.facts.kubernetesVersion,
      }),
      say(atMs, 'server/server.go:1012', 'Client rotation is on, will bootstrap in background'),
      say(atMs, 'kubelet/kubelet.go:386', 'Attempting to sync node with API server'),
      say(atMs, 'kubelet_node_status.go:75', 'Attempting to register node', {
        node: node.hostname,
      }),
      say(atMs, 'kubelet_node_status.go:78', 'Successfully registered node', {
        node: node.hostname,
      }),
    ],
    text: (index, atMs) => {
      const names = pods();
      const pod = names[index % Math.max(1, names.length)] ?? '';
      return say(
        atMs,
        'kubelet/pod_startup_latency_tracker.go:104',
        'Observed pod startup duration',
        { pod },
      );
    },
  };
};

const etcd: VoiceOf = (world) => {
  const say = (atMs: number, caller: string, msg: string, more: object = {}): string =>
    json({ level: 'info', ts: micros(atMs), caller, msg, ...more });
  return {
    everyMs: 5 * MINUTE_MS,
    start: (atMs) => [
      say(atMs, 'etcdmain/etcd.go:64', 'Running: ', { args: ['/usr/local/bin/etcd'] }),
      say(atMs, 'etcdserver/server.go:317', 'starting etcd', {
        'server-version': world.facts.etcdVersion,
      }),
      say(atMs, 'membership/cluster.go:297', 'recovered/added member from store', {
        'cluster-id': world.etcd.clusterId,
      }),
      say(atMs, 'embed/serve.go:283', 'ready to serve client requests'),
    ],
    // kube-apiserver compacts every five minutes.
    text: (_, atMs) =>
      say(atMs, 'mvcc/kvstore_compaction.go:72', 'finished scheduled compaction', {
        'compact-revision': world.etcd.compactRevision,
        took: '21.4ms',
        'current-db-size-in-use-bytes': [...world.etcd.members.values()][0]?.dbSizeInUseBytes ?? 0,
      }),
  };
};

const APID_CALLS = [
  'cosi.resource.State/Watch',
  'machine.MachineService/Version',
  'machine.MachineService/EtcdStatus',
];

const apid: VoiceOf = (_, node) => ({
  everyMs: 31_000,
  start: (atMs) => [`${goDate(atMs)} main.go:64: starting apid`],
  text: (index, atMs) =>
    `${goDate(atMs)} log.go:79: OK [/${APID_CALLS[index % APID_CALLS.length]}] ${2 + (index % 7)}.${index % 10}ms unary Success (:authority=${node.address}:50000;content-type=application/grpc)`,
});

const containerd: VoiceOf = () => ({
  everyMs: 9 * MINUTE_MS,
  start: (atMs) => [
    json({ level: 'info', msg: 'starting containerd', time: micros(atMs), version: 'v2.1.6' }),
    json({
      level: 'info',
      msg: 'containerd successfully booted in 0.043021s',
      time: micros(atMs + 43),
    }),
  ],
  text: (_, atMs) =>
    json({ level: 'info', msg: 'garbage collection succeeded', time: micros(atMs) }),
});

const VOICES: Readonly<Record<string, VoiceOf>> = {
  kubelet,
  etcd,
  apid,
  containerd,
  cri: containerd,
  trustd: () => ({
    everyMs: 120 * MINUTE_MS,
    start: (atMs) => [`${goDate(atMs)} main.go:52: starting trustd`],
    text: (_, atMs) =>
      `${goDate(atMs)} log.go:79: OK [/securityapi.SecurityService/Certificate] 3.1ms unary Success`,
  }),
  udevd: () => ({
    everyMs: 120 * MINUTE_MS,
    start: () => ['Starting systemd-udevd version 257.8'],
    text: () => null,
  }),
  'ext-qemu-guest-agent': () => ({
    everyMs: 120 * MINUTE_MS,
    start: () => ['info: Successfully created PID file.', 'info: guest-ping called'],
    text: () => 'info: guest-ping called',
  }),
  'ext-iscsid': () => ({
    everyMs: 24 * 60 * MINUTE_MS,
    start: () => ['iscsid: iSCSI daemon with pid=1 started!'],
    text: () => null,
  }),
};

/** zap's console form, as the controllers of machined write it. */
function controllerRuntime(world: World, node: LabNode): LogSource {
  const say = (atMs: number, controller: string, message: string): string =>
    `${iso(atMs)} INFO ${message} {"component": "controller-runtime", "controller": "${controller}"}`;
  const start = told(() => [
    {
      atMs: node.bootedAtMs + 2100,
      text: say(
        node.bootedAtMs + 2100,
        'network.AddressSpecController',
        `assigned address {"address": "${node.address}/${world.facts.lanPrefixLength}", "link": "${node.machine.linkName}"}`,
      ),
    },
    {
      atMs: node.bootedAtMs + 2300,
      text: say(
        node.bootedAtMs + 2300,
        'network.HostnameSpecController',
        `setting hostname {"hostname": "${node.hostname}"}`,
      ),
    },
  ]);
  const sync = murmuring({
    sinceMs: node.bootedAtMs + 4000,
    everyMs: 17 * MINUTE_MS,
    text: (_, atMs) =>
      say(atMs, 'time.SyncController', 'adjusting time (slew) by 213.1µs via time.cloudflare.com'),
  });
  return together([start, sync]);
}

const dnsCache = (node: LabNode): LogSource =>
  murmuring({
    sinceMs: node.bootedAtMs + 3000,
    everyMs: 3 * MINUTE_MS,
    text: (_, atMs) =>
      `${iso(atMs)} INFO dns response {"data": "time.cloudflare.com. 300 IN A 162.159.200.1"}`,
  });
