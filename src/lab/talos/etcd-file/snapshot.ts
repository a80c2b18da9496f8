import { createHash } from 'node:crypto';
import type { LabEtcdMember, World } from '../../world/types.js';
import { layOut, PAGE_BYTES } from './bbolt.js';
import { bucketsOf } from './contents.js';

/** etcd appends the SHA-256 of the database: size % 512 == 32 (etcd: maintenance.Snapshot). */
export function* snapshotFile(
  world: World,
  member: LabEtcdMember,
  chunkBytes: number,
): Generator<Buffer> {
  const totalPages = Math.ceil(member.dbSizeBytes / PAGE_BYTES);
  const usedBytes = Math.min(member.dbSizeInUseBytes, member.dbSizeBytes);
  const buckets = bucketsOf(world, member, usedBytes);
  // What a defragmented file holds is an estimate, too: it may need some pages more.
  const { pages } = layOut(buckets, totalPages, BigInt(world.etcd.revision));
  const hash = createHash('sha256');
  let waiting: Buffer[] = [];
  let bytes = 0;
  for (const page of pages()) {
    hash.update(page);
    waiting.push(page);
    bytes += page.length;
    if (bytes < chunkBytes) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  yield Buffer.concat([...waiting, hash.digest()]);
}
