import { createHash } from 'node:crypto';
import { liveValues, snapshotStatus } from '../../stand-ins/talosctl/bbolt.js';
import { objectKey } from '../../world/kube-store.js';
import type { Recovery } from '../../world/talos-bootstrap.js';
import type { KubeObject, KubeResource } from '../../world/types.js';

const CHECKSUM_BYTES = 32;
const SECTOR_BYTES = 512;
const REGISTRY = '/registry/';
/** Prefixes that kube-apiserver names otherwise than the resources. */
const RENAMED: Readonly<Record<string, string>> = {
  minions: 'nodes',
  'services/specs': 'services',
};

/** What an uploaded file is good for; null = it is no database of etcd. */
export function readRecovery(file: Buffer): Recovery | null {
  try {
    const { hash, revision, totalKeys, totalSize } = snapshotStatus(file);
    return {
      revision,
      totalKeys,
      totalBytes: totalSize,
      hash: hash.toString(16).padStart(8, '0'),
      checksum: checksumOf(file),
      contents: contentsOf(file),
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** etcdutl: a file whose length is no multiple of a sector carries the SHA-256 of all before it. */
function checksumOf(file: Buffer): Recovery['checksum'] {
  if (file.length % SECTOR_BYTES !== CHECKSUM_BYTES) return 'missing';
  const body = file.subarray(0, -CHECKSUM_BYTES);
  const isGood = createHash('sha256').update(body).digest().equals(file.subarray(body.length));
  return isGood ? 'good' : 'wrong';
}

/** The lab writes its objects as JSON; whatever else a database holds is nothing that the lab knows. */
function contentsOf(file: Buffer): Recovery['contents'] {
  const contents = new Map<KubeResource, Map<string, KubeObject>>();
  for (const [key, value] of liveValues(file)) {
    if (!key.startsWith(REGISTRY) || value[0] !== 0x7b) continue;
    const object = objectIn(value);
    if (object === null) continue;
    const { name, namespace } = object.metadata;
    const path = objectKey(name, namespace);
    const prefix = key.slice(REGISTRY.length, -path.length - 1);
    const resource = (RENAMED[prefix] ?? prefix) as KubeResource;
    const objects = contents.get(resource) ?? new Map<string, KubeObject>();
    contents.set(resource, objects.set(path, object));
  }
  return contents;
}

function objectIn(value: Buffer): KubeObject | null {
  try {
    const object = JSON.parse(value.toString('utf8')) as Partial<KubeObject>;
    return object.metadata?.name === undefined ? null : (object as KubeObject);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
