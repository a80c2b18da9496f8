/** One name in a simulated file system. Directories and contents are made when somebody looks. */
export type Entry = Directory | File | Link;

interface Common {
  /** Unix permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
}

export interface Directory extends Common {
  readonly kind: 'directory';
  readonly children: () => Readonly<Record<string, Entry>>;
}

export interface File extends Common {
  readonly kind: 'file';
  readonly sizeBytes: number;
  readonly content: () => Buffer;
}

export interface Link extends Common {
  readonly kind: 'link';
  readonly target: string;
}

export interface Found {
  /** Absolute, links resolved. */
  readonly path: string;
  readonly entry: Entry;
}

type Children = Readonly<Record<string, Entry>>;

export const directory = (
  modifiedMs: number,
  children: Children | (() => Children) = {},
  mode = 0o755,
): Directory => ({
  kind: 'directory',
  mode,
  uid: 0,
  gid: 0,
  modifiedMs,
  children: typeof children === 'function' ? children : () => children,
});

export function textFile(modifiedMs: number, text: string, mode = 0o644): File {
  const content = Buffer.from(text);
  return {
    kind: 'file',
    mode,
    uid: 0,
    gid: 0,
    modifiedMs,
    sizeBytes: content.length,
    content: () => content,
  };
}

/** As below /proc: no size, and contents of the moment. */
export const liveFile = (modifiedMs: number, text: () => string): File => ({
  kind: 'file',
  mode: 0o444,
  uid: 0,
  gid: 0,
  modifiedMs,
  sizeBytes: 0,
  content: () => Buffer.from(text()),
});

/** A program or a data file that nobody reads: zeros. */
export const bulk = (modifiedMs: number, sizeBytes: number, mode = 0o755): File => ({
  kind: 'file',
  mode,
  uid: 0,
  gid: 0,
  modifiedMs,
  sizeBytes,
  content: () => Buffer.alloc(sizeBytes),
});

export const link = (modifiedMs: number, target: string): Link => ({
  kind: 'link',
  mode: 0o777,
  uid: 0,
  gid: 0,
  modifiedMs,
  target,
});

const MOST_LINKS = 10;

/** `lstat`, or `stat` when `follows`; null = no such file or directory. */
export function find(root: Directory, path: string, follows: boolean, links = 0): Found | null {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  let entry: Entry = root;
  let at = '';
  for (const [index, name] of names.entries()) {
    if (entry.kind !== 'directory') return null;
    const next: Entry | undefined = entry.children()[name];
    if (next === undefined) return null;
    const isLast = index === names.length - 1;
    if (next.kind === 'link' && (!isLast || follows)) {
      if (links >= MOST_LINKS) return null;
      const target = next.target.startsWith('/') ? next.target : `${at}/${next.target}`;
      return find(root, [target, ...names.slice(index + 1)].join('/'), follows, links + 1);
    }
    at = `${at}/${name}`;
    entry = next;
  }
  return { path: at === '' ? '/' : at, entry };
}

/** Depth first, names in order, as filepath.Walk; links are not followed. `maxDepth` −1 = all of it. */
export function* walk(found: Found, maxDepth: number, depth = 0): Generator<Found> {
  yield found;
  if (found.entry.kind !== 'directory') return;
  if (depth > 0 && maxDepth >= 0 && depth >= maxDepth) return;
  for (const [name, entry] of Object.entries(found.entry.children()).sort(byName)) {
    const path = found.path === '/' ? `/${name}` : `${found.path}/${name}`;
    yield* walk({ path, entry }, maxDepth, depth + 1);
  }
}

const byName = ([left]: [string, Entry], [right]: [string, Entry]): number =>
  left < right ? -1 : left > right ? 1 : 0;
