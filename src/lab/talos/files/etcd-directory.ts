import type { LabEtcdMember, LabNode, World } from '../../world/types.js';
import { snapshotFile } from '../etcd-file/snapshot.js';
import { bulk, type Directory, directory } from './tree.js';

const WAL_BYTES = 64_000_000;
const TRAILER_BYTES = 32;
const CHUNK_BYTES = 64 * 1024;

/** Empty until this node has been a member: whoever bootstraps looks here first. */
export function etcdDirectory(
  world: World,
  node: LabNode,
  member: LabEtcdMember | undefined,
): Directory {
  const atMs = world.clock.now();
  const hasData = node.machine.systemDisk?.hasEtcdData === true;
  if (!hasData || member === undefined) {
    return directory(node.bootedAtMs, hasData ? { member: directory(atMs, {}, 0o700) } : {}, 0o700);
  }
  const database = (): Buffer => {
    const file = Buffer.concat([...snapshotFile(world, member, CHUNK_BYTES)]);
    return file.subarray(0, file.length - TRAILER_BYTES);
  };
  const wal = (index: number): string =>
    `${index.toString(16).padStart(16, '0')}-${(member.raftIndex - 90_000 * (1 - index)).toString(16).padStart(16, '0')}.wal`;
  return directory(
    atMs,
    {
      member: directory(
        atMs,
        {
          snap: directory(
            atMs,
            {
              db: {
                kind: 'file',
                mode: 0o600,
                uid: 60,
                gid: 60,
                modifiedMs: atMs,
                sizeBytes: member.dbSizeBytes,
                content: database,
              },
            },
            0o700,
          ),
          wal: directory(
            atMs,
            {
              '0.tmp': bulk(atMs, WAL_BYTES, 0o600),
              [wal(0)]: bulk(atMs, WAL_BYTES, 0o600),
              [wal(1)]: bulk(atMs, WAL_BYTES, 0o600),
            },
            0o700,
          ),
        },
        0o700,
      ),
    },
    0o700,
  );
}
