/**
 * Writes the file format of bbolt (go.etcd.io/bbolt: page.go, node.go, bucket.go, meta.go): etcd's database. One
 * pass plans where every page goes, a second one produces them in order, so that a file never has to be in memory.
 */

export interface Item {
  readonly key: Buffer;
  /** Only its length counts while pages are planned. */
  readonly valueBytes: number;
  readonly value: () => Buffer;
}

export interface Bucket {
  readonly name: string;
  /** Sorted by key. */
  readonly items: readonly Item[];
}

const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 16;
const LEAF_ELEMENT_BYTES = 16;
const BRANCH_ELEMENT_BYTES = 16;
const BUCKET_HEADER_BYTES = 16;
const META_BYTES = 64;
const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** etcd never syncs the free list (NoFreelistSync). */
const NO_FREELIST = 0xffff_ffff_ffff_ffffn;

const FLAG = { branch: 0x01, leaf: 0x02, meta: 0x04 } as const;
const BUCKET_LEAF_FLAG = 0x01;

interface Leaf {
  readonly items: readonly Item[];
  readonly page: number;
  readonly pages: number;
  readonly flags: number;
}

interface Branch {
  readonly page: number;
  readonly children: readonly { readonly key: Buffer; readonly page: number }[];
}

export interface Layout {
  /** Pages that hold something; the file may be longer. */
  readonly usedPages: number;
  /** The whole file: exactly `totalPages` pages, free ones are zero. */
  readonly pages: () => Generator<Buffer>;
}

/** A file is as long as it has become, and at least as long as what it holds. */
export function layOut(
  buckets: readonly Bucket[],
  atLeastPages: number,
  transaction: bigint,
): Layout {
  let next = 2;
  const plan: (Leaf | Branch)[] = [];
  const roots = buckets.map((bucket) => {
    const leaves = leavesOf(bucket.items, next, 0);
    next = leaves.reduce((page, leaf) => page + leaf.pages, next);
    plan.push(...leaves);
    let level: readonly { readonly key: Buffer; readonly page: number }[] = leaves.map((leaf) => ({
      key: leaf.items[0]?.key ?? Buffer.alloc(0),
      page: leaf.page,
    }));
    while (level.length > 1) {
      const branches = branchesOf(level, next);
      next += branches.length;
      plan.push(...branches);
      level = branches.map(({ page, children }) => ({
        key: children[0]?.key ?? Buffer.alloc(0),
        page,
      }));
    }
    return bucketItem(bucket.name, level[0]?.page ?? 0);
  });
  const [root] = leavesOf(roots, next, BUCKET_LEAF_FLAG);
  if (root === undefined) throw new RangeError('A database needs a bucket.');
  plan.push(root);
  next += root.pages;
  const totalPages = Math.max(next, atLeastPages);
  return {
    usedPages: next,
    pages: function* () {
      yield metaPage(0, root.page, totalPages, transaction - 1n);
      yield metaPage(1, root.page, totalPages, transaction);
      for (const planned of plan) yield render(planned);
      const free = Buffer.alloc(PAGE_BYTES);
      for (let page = next; page < totalPages; page += 1) yield free;
    },
  };
}

/** The value of a bucket's entry: root page and sequence. A bucket without entries has an inline page instead. */
function bucketItem(name: string, root: number): Item {
  const isInline = root === 0;
  const valueBytes = BUCKET_HEADER_BYTES + (isInline ? PAGE_HEADER_BYTES : 0);
  return {
    key: Buffer.from(name),
    valueBytes,
    value: () => {
      const value = Buffer.alloc(valueBytes);
      value.writeBigUInt64LE(BigInt(root), 0);
      if (isInline) value.writeUInt16LE(FLAG.leaf, BUCKET_HEADER_BYTES + 8);
      return value;
    },
  };
}

const sizeOf = (item: Item): number => LEAF_ELEMENT_BYTES + item.key.length + item.valueBytes;

/** An item that is larger than a page gets a page of its own, with overflow. */
function leavesOf(items: readonly Item[], firstPage: number, flags: number): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let page = firstPage;
  let group: Item[] = [];
  let bytes = PAGE_HEADER_BYTES;
  const flush = (): void => {
    if (group.length === 0) return;
    const pages = Math.ceil(bytes / PAGE_BYTES);
    leaves.push({ items: group, page, pages, flags });
    page += pages;
    group = [];
    bytes = PAGE_HEADER_BYTES;
  };
  for (const item of items) {
    if (bytes + sizeOf(item) > PAGE_BYTES) flush();
    group.push(item);
    bytes += sizeOf(item);
  }
  flush();
  return leaves;
}

function branchesOf(children: Branch['children'], firstPage: number): readonly Branch[] {
  const branches: Branch[] = [];
  let group: { readonly key: Buffer; readonly page: number }[] = [];
  let bytes = PAGE_HEADER_BYTES;
  const flush = (): void => {
    if (group.length > 0) branches.push({ page: firstPage + branches.length, children: group });
    group = [];
    bytes = PAGE_HEADER_BYTES;
  };
  for (const child of children) {
    const size = BRANCH_ELEMENT_BYTES + child.key.length;
    if (bytes + size > PAGE_BYTES) flush();
    group.push(child);
    bytes += size;
  }
  flush();
  return branches;
}

const render = (planned: Leaf | Branch): Buffer =>
  'items' in planned ? renderLeaf(planned) : renderBranch(planned);

function header(
  buffer: Buffer,
  page: number,
  flags: number,
  count: number,
  overflow: number,
): void {
  buffer.writeBigUInt64LE(BigInt(page), 0);
  buffer.writeUInt16LE(flags, 8);
  buffer.writeUInt16LE(count, 10);
  buffer.writeUInt32LE(overflow, 12);
}

function renderLeaf(leaf: Leaf): Buffer {
  const buffer = Buffer.alloc(leaf.pages * PAGE_BYTES);
  header(buffer, leaf.page, FLAG.leaf, leaf.items.length, leaf.pages - 1);
  let data = PAGE_HEADER_BYTES + leaf.items.length * LEAF_ELEMENT_BYTES;
  leaf.items.forEach((item, index) => {
    const element = PAGE_HEADER_BYTES + index * LEAF_ELEMENT_BYTES;
    buffer.writeUInt32LE(leaf.flags, element);
    // The position counts from the element itself.
    buffer.writeUInt32LE(data - element, element + 4);
    buffer.writeUInt32LE(item.key.length, element + 8);
    buffer.writeUInt32LE(item.valueBytes, element + 12);
    item.key.copy(buffer, data);
    item.value().copy(buffer, data + item.key.length);
    data += item.key.length + item.valueBytes;
  });
  return buffer;
}

function renderBranch(branch: Branch): Buffer {
  const buffer = Buffer.alloc(PAGE_BYTES);
  header(buffer, branch.page, FLAG.branch, branch.children.length, 0);
  let data = PAGE_HEADER_BYTES + branch.children.length * BRANCH_ELEMENT_BYTES;
  branch.children.forEach(({ key, page }, index) => {
    const element = PAGE_HEADER_BYTES + index * BRANCH_ELEMENT_BYTES;
    buffer.writeUInt32LE(data - element, element);
    buffer.writeUInt32LE(key.length, element + 4);
    buffer.writeBigUInt64LE(BigInt(page), element + 8);
    key.copy(buffer, data);
    data += key.length;
  });
  return buffer;
}

function metaPage(page: number, root: number, totalPages: number, transaction: bigint): Buffer {
  const buffer = Buffer.alloc(PAGE_BYTES);
  header(buffer, page, FLAG.meta, 0, 0);
  const meta = buffer.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + META_BYTES);
  meta.writeUInt32LE(MAGIC, 0);
  meta.writeUInt32LE(VERSION, 4);
  meta.writeUInt32LE(PAGE_BYTES, 8);
  meta.writeUInt32LE(0, 12);
  meta.writeBigUInt64LE(BigInt(root), 16);
  meta.writeBigUInt64LE(0n, 24);
  meta.writeBigUInt64LE(NO_FREELIST, 32);
  meta.writeBigUInt64LE(BigInt(totalPages), 40);
  meta.writeBigUInt64LE(transaction, 48);
  meta.writeBigUInt64LE(fnv1a64(meta.subarray(0, 56)), 56);
  return buffer;
}

function fnv1a64(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes)
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
  return hash;
}

export { PAGE_BYTES };
