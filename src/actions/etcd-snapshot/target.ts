import { join } from 'node:path';
import type { Connection } from '../../model/connection.js';
import type { IpAddress } from '../../model/ids.js';
import { slug } from '../../model/slug.js';
import { type Argv, talosctlArgv } from '../argv.js';

/** The member that a snapshot is taken from, as far as the steps need to know it. */
export interface SnapshotSource {
  readonly address: IpAddress;
  readonly name: string;
  readonly memberId: string;
  readonly dbSizeBytes: number;
  readonly etcdVersion: string | null;
}

/** All that the steps need: fixed when the plan is made, so that the run does exactly what was shown. */
export interface SnapshotTarget {
  readonly path: string;
  readonly directory: string;
  readonly argv: Argv;
  readonly source: SnapshotSource;
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
  connection: Connection,
  endpoints: readonly string[],
  source: SnapshotSource,
  takenAtMs: number,
  suffix = '',
): SnapshotTarget {
  const { snapshotDir: directory, name: cluster } = connection;
  const path = join(
    directory,
    `${slug(cluster)}-${stampOf(takenAtMs)}-${source.memberId}${suffix}.db`,
  );
  return {
    path,
    directory,
    source,
    takenAtMs,
    cluster,
    argv: talosctlArgv({ connection, endpoints }, source.address, 'etcd', 'snapshot', path),
  };
}
