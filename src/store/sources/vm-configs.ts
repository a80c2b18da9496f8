import type { PveClient } from '../../clients/types.js';
import type { VmId } from '../../model/ids.js';
import { machinesOf } from '../../model/machines.js';
import type { PveTask, Vm, VmConfig } from '../../model/proxmox.js';
import { type Reading, readingError, WAITING } from '../../model/reading.js';
import { within } from '../poll.js';
import { createSlot, type Slot } from '../slot.js';
import { into } from './node-facts.js';
import { type SourceContext, snapshotOf } from './types.js';

/** Guests as `cluster/resources` tells them. */
export type Guest = Omit<Vm, 'config'>;

/** Reads the configuration of guests: once each, again when something about the guest changed, and now and then. */
export interface VmConfigs {
  readonly of: (id: VmId) => Reading<VmConfig>;
  /** What is there now: reads what is due, forgets what is gone. */
  readonly align: (guests: readonly Guest[]) => void;
  /** A task touched a guest: its configuration may be another. */
  readonly onTasks: (tasks: readonly PveTask[]) => void;
  readonly refresh: () => void;
  readonly isSettled: () => boolean;
  readonly stop: () => void;
}

/** pveproxy has three workers (Proxmox reference 14). */
const PARALLEL = 4;
const TIMEOUT_MS = 10_000;
/** Changes of the configuration through another client make no task. */
const OURS_MS = 60_000;
const OTHERS_MS = 10 * 60_000;
const RETRY_MS = 30_000;

interface Entry {
  readonly slot: Slot<VmConfig>;
  guest: Guest;
  isReading: boolean;
  /** null: read it as soon as possible. */
  readAtMs: number | null;
}

export function createVmConfigs(
  context: SourceContext,
  client: PveClient,
  onChange: () => void,
): VmConfigs {
  const { clock } = context;
  const entries = new Map<VmId, Entry>();
  let seenTasks: ReadonlySet<string> | null = null;
  const stopped = new AbortController();
  let running = 0;

  const isDue = ({ isReading, readAtMs, guest, slot }: Entry, ours: ReadonlySet<VmId>): boolean => {
    if (isReading) return false;
    const hasFailed = readingError(slot.reading()) !== undefined;
    const everyMs = hasFailed ? RETRY_MS : ours.has(guest.id) ? OURS_MS : OTHERS_MS;
    return readAtMs === null || clock.now() - readAtMs >= everyMs;
  };

  const readDue = () => {
    const ours = new Set(machinesOf(snapshotOf(context)).flatMap(({ vm }) => vm?.id ?? []));
    for (const entry of entries.values()) {
      if (running >= PARALLEL) return;
      if (isDue(entry, ours)) void read(entry);
    }
  };
  const read = async (entry: Entry): Promise<void> => {
    const { signal } = stopped;
    const { pveNode, id } = entry.guest;
    entry.readAtMs = clock.now();
    entry.isReading = true;
    running += 1;
    await into(entry.slot, signal, () =>
      within({ clock, subject: `VM ${id}`, timeoutMs: TIMEOUT_MS, signal }, (limit) =>
        client.vmConfig(pveNode, id, limit),
      ),
    );
    running -= 1;
    entry.isReading = false;
    if (!signal.aborted) readDue();
  };

  return {
    of: (id) => entries.get(id)?.slot.reading() ?? WAITING,
    align(guests) {
      for (const guest of guests) {
        if (guest.isTemplate) continue;
        const entry = entries.get(guest.id);
        if (entry === undefined) {
          const slot = createSlot<VmConfig>({ clock, kind: 'polled', publish: onChange });
          entries.set(guest.id, { slot, guest, isReading: false, readAtMs: null });
        } else {
          if (isOther(entry.guest, guest)) entry.readAtMs = null;
          entry.guest = guest;
        }
      }
      const ids = new Set(guests.map(({ id }) => id));
      for (const id of entries.keys()) if (!ids.has(id)) entries.delete(id);
      readDue();
    },
    onTasks(tasks) {
      const fresh = tasks.filter((task) => seenTasks !== null && !seenTasks.has(keyOf(task)));
      seenTasks = new Set(tasks.map(keyOf));
      const touched = new Set(fresh.map(({ objectId }) => objectId));
      for (const entry of entries.values()) {
        if (touched.has(String(entry.guest.id))) entry.readAtMs = null;
      }
      readDue();
    },
    refresh() {
      for (const entry of entries.values()) entry.readAtMs = null;
      readDue();
    },
    isSettled: () => [...entries.values()].every(({ slot }) => slot.reading().state !== 'waiting'),
    stop() {
      stopped.abort();
    },
  };
}

/** A task is news when it starts and when it ends. */
const keyOf = ({ upid, endedAtMs }: PveTask): string => `${upid} ${endedAtMs}`;

/** What changes together with the configuration. */
const isOther = (a: Guest, b: Guest): boolean =>
  a.status !== b.status ||
  a.name !== b.name ||
  a.lock !== b.lock ||
  a.pveNode !== b.pveNode ||
  a.tags.join() !== b.tags.join();
