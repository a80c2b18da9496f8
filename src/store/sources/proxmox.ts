import type { PveClient } from '../../clients/types.js';
import type { OperatorError } from '../../model/errors.js';
import type { PveCluster, PveStorage, PveTask, Vm } from '../../model/proxmox.js';
import { isSameBut } from '../figures.js';
import { createPoll, type Poll } from '../poll.js';
import { createSlot } from '../slot.js';
import { paced, type Source, type SourceContext, snapshotOf } from './types.js';
import { createVmConfigs, type Guest } from './vm-configs.js';

/** The daemon behind the figures updates every 10 s, locks and tags are read fresh (Proxmox reference 14). */
const POLL_MS = 5_000;
const CLUSTER_MS = 10_000;
const TIMEOUT_MS = 10_000;

const REVISE_MS = 30;

const SLOTS = ['pve', 'vms', 'storages', 'pveTasks'] as const;

export function createProxmoxSource(context: SourceContext, client: PveClient): Source {
  const { clock, store } = context;
  const cluster = createSlot<PveCluster>({
    clock,
    kind: 'polled',
    publish: (reading, urgency) => store.set('pve', reading, urgency),
    isMinor: (former, next) => isSameBut(NODE_FIGURES, former.nodes, next.nodes),
  });
  const tasks = createSlot<readonly PveTask[]>({
    clock,
    kind: 'polled',
    publish: (reading, urgency) => store.set('pveTasks', reading, urgency),
  });
  const resources = createResources(context, client);
  const poll = <T>(
    everyMs: number,
    read: (signal: AbortSignal) => Promise<T>,
    onValue: (value: T) => void,
    onError: (error: OperatorError) => void,
  ): Poll =>
    createPoll<T>({
      clock,
      random: context.random,
      subject: 'The Proxmox API',
      everyMs: () => paced(context, everyMs),
      timeoutMs: TIMEOUT_MS,
      read,
      onValue,
      onError,
    });
  const polls: readonly Poll[] = [
    poll(CLUSTER_MS, (signal) => client.cluster(signal), cluster.ok, cluster.fail),
    poll(
      POLL_MS,
      (signal) => client.tasks(signal),
      (value) => {
        tasks.ok(value);
        resources.configs.onTasks(value);
      },
      tasks.fail,
    ),
    poll(POLL_MS, (signal) => client.resources(signal), resources.ok, resources.fail),
  ];

  return {
    tool: 'proxmox',
    start() {
      for (const each of polls) each.start();
    },
    stop() {
      for (const each of polls) each.stop();
      resources.stop();
    },
    refresh() {
      for (const each of polls) each.now();
      resources.configs.refresh();
    },
    isSettled: () =>
      SLOTS.every((slot) => snapshotOf(context)[slot].state !== 'waiting') &&
      resources.configs.isSettled(),
  };
}

const NODE_FIGURES = ['cpuRatio', 'memoryUsedBytes', 'uptimeMs'] as const;
const GUEST_FIGURES = ['cpuRatio', 'memoryUsedBytes', 'uptimeMs'] as const;

interface Resources {
  readonly vms: readonly Guest[];
  readonly storages: readonly PveStorage[];
}

/** One answer fills two slots, and guests carry the reading of their configuration with them. */
function createResources(context: SourceContext, client: PveClient) {
  const { clock, store } = context;
  const storages = createSlot<readonly PveStorage[]>({
    clock,
    kind: 'polled',
    publish: (reading, urgency) => store.set('storages', reading, urgency),
    isMinor: (former, next) => isSameBut(['usedBytes'], former, next),
  });
  const vms = createSlot<readonly Vm[]>({
    clock,
    kind: 'polled',
    publish: (reading, urgency) => store.set('vms', reading, urgency),
    isMinor: (former, next) => isSameBut(GUEST_FIGURES, former, next),
  });
  let guests: readonly Guest[] = [];

  const withConfigs = (): readonly Vm[] =>
    guests.map((guest) => ({ ...guest, config: configs.of(guest.id) }));
  // At the start every guest's configuration arrives on its own.
  let stopTimer: (() => void) | null = null;
  const configs = createVmConfigs(context, client, () => {
    stopTimer ??= clock.after(REVISE_MS, () => {
      stopTimer = null;
      vms.revise(withConfigs());
    });
  });

  return {
    configs,
    stop() {
      configs.stop();
      stopTimer?.();
    },
    ok(value: Resources) {
      guests = value.vms;
      configs.align(guests);
      vms.ok(withConfigs());
      storages.ok(value.storages);
    },
    fail(error: OperatorError) {
      vms.fail(error);
      storages.fail(error);
    },
  };
}
