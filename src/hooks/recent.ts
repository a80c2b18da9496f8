import type { KubeEvent } from '../model/kubernetes.js';
import type { PveTask } from '../model/proxmox.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { perSnapshot } from './per-snapshot.js';

/** Something that happened lately, from any layer. */
export interface Happening {
  readonly key: string;
  readonly atMs: number;
  readonly level: 'ok' | 'warn' | 'fail' | 'wait' | 'none';
  readonly source: 'Kubernetes' | 'Proxmox';
  readonly subject: string;
  readonly text: string;
}

/** Newest first. */
export const happenings: (snapshot: Snapshot) => readonly Happening[] = perSnapshot(
  ({ kubeEvents, pveTasks }) =>
    [
      ...(knownValue(kubeEvents) ?? []).map(fromEvent),
      ...(knownValue(pveTasks) ?? []).map(fromTask),
    ].toSorted((a, b) => b.atMs - a.atMs),
);

const fromEvent = (event: KubeEvent): Happening => ({
  key: event.uid,
  atMs: event.atMs,
  level: event.type === 'Warning' ? 'warn' : 'none',
  source: 'Kubernetes',
  subject: `${event.object.kind} ${event.object.name}`,
  text: `${event.reason}: ${event.message}${event.count > 1 ? ` (${event.count} times)` : ''}`,
});

const fromTask = (task: PveTask): Happening => ({
  key: task.upid,
  atMs: task.startedAtMs,
  level: taskLevel(task),
  source: 'Proxmox',
  subject: `${task.type} ${task.objectId}`.trim(),
  text: `${task.exitStatus ?? 'running'} · ${task.user}`,
});

/** A task ends with `OK`, with `WARNINGS: n`, or with an error text (Proxmox reference: tasks). */
export function taskLevel({ endedAtMs, exitStatus }: PveTask): 'ok' | 'warn' | 'fail' | 'wait' {
  if (endedAtMs === null) return 'wait';
  if (exitStatus === 'OK') return 'ok';
  return exitStatus?.startsWith('WARNINGS') ? 'warn' : 'fail';
}
