import type { KubeObject, LabEtcdMember, World } from '../../world/types.js';
import type { Bucket, Item } from './bbolt.js';

/** What fills a database besides the objects that the lab knows: secrets, CRDs, endpoints, old revisions. */
const FILLER_BYTES = 1400;
/** Headers, branch pages and the slack of leaf pages: what the estimate of a database's size leaves free. */
const PACKING = 0.74;
/** One entry costs this much beside its value: page element, revision, protobuf and key. */
const ENTRY_OVERHEAD_BYTES = 110;

interface Entry {
  readonly revision: number;
  readonly key: string;
  readonly createRevision: number;
  readonly value: () => Buffer;
  readonly valueBytes: number;
}

/** The buckets of an etcd 3.6 database (etcd: server/storage/schema), sorted by name. */
export function bucketsOf(
  world: World,
  member: LabEtcdMember,
  usedBytes: number,
): readonly Bucket[] {
  const filled: Readonly<Record<string, readonly Item[]>> = {
    alarm: [...world.etcd.members.values()].flatMap(alarmItems),
    cluster: [item('clusterVersion', Buffer.from(minorOf(world.facts.etcdVersion)))],
    key: keyItems(world, usedBytes),
    members: [...world.etcd.members.values()].map(memberItem).sort(byKey),
    meta: metaItems(world, member),
  };
  const names = [
    'alarm',
    'auth',
    'authRoles',
    'authUsers',
    'cluster',
    'key',
    'lease',
    'members',
    'members_removed',
    'meta',
  ];
  return names.map((name) => ({ name, items: filled[name] ?? [] }));
}

const minorOf = (version: string): string => `${version.split('.').slice(0, 2).join('.')}.0`;

const item = (key: string, value: Buffer): Item => ({
  key: Buffer.from(key),
  valueBytes: value.length,
  value: () => value,
});

const byKey = (left: Item, right: Item): number => Buffer.compare(left.key, right.key);

function metaItems(world: World, member: LabEtcdMember): readonly Item[] {
  const voters = [...world.etcd.members.values()]
    .filter(({ isLearner }) => !isLearner)
    .map(({ id }) => BigInt(`0x${id}`).toString());
  return [
    item('confState', Buffer.from(`{"voters":[${voters.join(',')}],"auto_leave":false}`)),
    item('consistent_index', uint64(member.raftIndex)),
    item('finishedCompactRev', revisionKey(world.etcd.compactRevision)),
    item('scheduledCompactRev', revisionKey(world.etcd.compactRevision)),
    item('storageVersion', Buffer.from(minorOf(world.facts.etcdVersion))),
    item('term', uint64(member.raftTerm)),
  ];
}

function memberItem(member: LabEtcdMember): Item {
  const id = BigInt(`0x${member.id}`).toString();
  const value = `{"id":${id},"peerURLs":["https://${member.address}:2380"],"name":${JSON.stringify(member.hostname)},"clientURLs":["https://${member.address}:2379"]}`;
  return item(member.id, Buffer.from(value));
}

const ALARM_NUMBER = { NOSPACE: 1, CORRUPT: 2 } as const;

/** Key and no value: the alarm message itself is the key. */
const alarmItems = (member: LabEtcdMember): readonly Item[] =>
  [...member.alarms].map((alarm) => ({
    key: Buffer.concat([
      varintField(1, BigInt(`0x${member.id}`)),
      varintField(2, BigInt(ALARM_NUMBER[alarm])),
    ]),
    valueBytes: 0,
    value: () => Buffer.alloc(0),
  }));

/** `key` is sorted by revision; the newest is the one that snapshot tools print. */
function keyItems(world: World, usedBytes: number): readonly Item[] {
  const entries = new Map<number, Entry>();
  for (const entry of objectEntries(world)) entries.set(entry.revision, entry);
  // Not what they hold: signatures and addresses differ in length, and two equal labs have equally many keys.
  let bytes = entries.size * (FILLER_BYTES + ENTRY_OVERHEAD_BYTES);
  for (let revision = world.etcd.revision; revision > 1; revision -= 1) {
    if (bytes >= usedBytes * PACKING) break;
    if (entries.has(revision)) continue;
    entries.set(revision, fillerEntry(world, revision));
    bytes += FILLER_BYTES + ENTRY_OVERHEAD_BYTES;
  }
  return [...entries.values()].sort((a, b) => a.revision - b.revision).map(toItem);
}

function* objectEntries(world: World): Generator<Entry> {
  for (const [resource, objects] of world.kube.objects) {
    for (const [name, object] of objects) {
      yield objectEntry(world, `/registry/${registryName(resource)}/${name}`, object);
    }
  }
}

/** kube-apiserver names two of its prefixes differently. */
const registryName = (resource: string): string =>
  resource === 'nodes' ? 'minions' : resource === 'services' ? 'services/specs' : resource;

function objectEntry(world: World, key: string, object: KubeObject): Entry {
  const value = Buffer.from(JSON.stringify(object));
  const revision = Math.min(Number(object.metadata.resourceVersion), world.etcd.revision);
  return {
    revision,
    createRevision: revision,
    key,
    value: () => value,
    valueBytes: value.length,
  };
}

function fillerEntry(world: World, revision: number): Entry {
  return {
    revision,
    createRevision: revision,
    key: `/registry/events/kube-system/history.${revision.toString(16).padStart(16, '0')}`,
    valueBytes: FILLER_BYTES,
    value: () => noise(world.facts.seed ^ revision),
  };
}

/** xorshift32: incompressible enough to look like stored protobuf, and the same every time. */
function noise(seed: number): Buffer {
  const buffer = Buffer.allocUnsafe(FILLER_BYTES);
  let state = seed | 1;
  for (let offset = 0; offset < FILLER_BYTES; offset += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    buffer.writeInt32LE(state | 0, offset);
  }
  return buffer;
}

/** mvccpb.KeyValue: key, create_revision, mod_revision, version, value. */
function toItem(entry: Entry): Item {
  const head = Buffer.concat([
    bytesHeader(1, Buffer.byteLength(entry.key)),
    Buffer.from(entry.key),
    varintField(2, BigInt(entry.createRevision)),
    varintField(3, BigInt(entry.revision)),
    varintField(4, 1n),
    bytesHeader(5, entry.valueBytes),
  ]);
  return {
    key: revisionKey(entry.revision),
    valueBytes: head.length + entry.valueBytes,
    value: () => Buffer.concat([head, entry.value()]),
  };
}

/** main revision, `_`, sub revision (etcd: server/storage/mvcc/revision.go). */
function revisionKey(revision: number): Buffer {
  const key = Buffer.alloc(17);
  key.writeBigUInt64BE(BigInt(revision), 0);
  key.write('_', 8);
  return key;
}

function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value), 0);
  return buffer;
}

const varintField = (field: number, value: bigint): Buffer =>
  Buffer.concat([varint(BigInt(field << 3)), varint(value)]);

const bytesHeader = (field: number, length: number): Buffer =>
  Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(length))]);

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
