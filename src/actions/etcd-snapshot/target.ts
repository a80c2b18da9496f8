import { join } from 'node:path';
import type { Connection } from '../../model/connection.js';
import { slug } from '../../model/slug.js';
import { directEndpoints } from '../gates/talosconfig.js';
import type { PlanContext } from '../types.js';
import type { HealthyCandidate } from './source.js';

/** All that the steps need: fixed when the plan is made, so that the run does exactly what was shown. */
export interface SnapshotTarget {
  readonly path: string;
  readonly directory: string;
  readonly argv: readonly [string, ...string[]];
  readonly source: HealthyCandidate;
  readonly takenAtMs: number;
  readonly cluster: string;
}

const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** `20261120T101500Z` */
export const stampOf = (atMs: number): string =>
  new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** Epoch milliseconds; null for anything but a real time. */
export function parseStamp(stamp: string): number | null {
  const parts = STAMP.exec(stamp)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return stampOf(atMs) === stamp ? atMs : null;
}

export function snapshotTarget(
  context: PlanContext,
  source: HealthyCandidate,
  takenAtMs: number,
): SnapshotTarget {
  const { connection } = context;
  const { snapshotDir: directory, name: cluster } = connection;
  const path = join(directory, `${slug(cluster)}-${stampOf(takenAtMs)}-${source.member.id}.db`);
  return {
    path,
    directory,
    source,
    takenAtMs,
    cluster,
    argv: snapshotArgv(connection, directEndpoints(context), source.address, path),
  };
}

function snapshotArgv(
  { programs, talos }: Connection,
  endpoints: readonly string[],
  node: string,
  path: string,
): readonly [string, ...string[]] {
  return [
    programs.talosctl,
    ...(talos === null ? [] : ['--talosconfig', talos.configPath, '--context', talos.context]),
    '--endpoints',
    endpoints.join(','),
    '--nodes',
    node,
    'etcd',
    'snapshot',
    path,
  ];
}
