import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Flags } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';

/** Where to go and as whom. */
export interface Target {
  readonly server: URL;
  readonly namespace: string;
  /** PEM; undefined = the authorities of the system. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly token: string | undefined;
}

/** What kubectl takes when no configuration names a server. */
const FALLBACK_SERVER = 'http://localhost:8080';

/**
 * @param isForObjects `kubectl get TYPE` words a missing context differently from every other command.
 * @throws Failure with kubectl's own text
 */
export function loadTarget(flags: Flags, io: Io, isForObjects: boolean): Target {
  const path = flags.get('kubeconfig');
  const { config, folder } = path === undefined ? fromEnvironment(io) : fromFlag(path);
  const wanted = flags.get('context') ?? text(config, 'current-context');
  const context = entry(config, 'contexts', wanted);
  if (wanted !== '' && context === undefined) throw missingContext(wanted, isForObjects);
  const cluster = entry(config, 'clusters', text(context, 'cluster'));
  const user = entry(config, 'users', text(context, 'user'));
  return {
    // The flag replaces the address only: authority and credentials stay those of the context (client-go).
    server: new URL(flags.get('server') ?? (text(cluster, 'server') || FALLBACK_SERVER)),
    namespace: text(context, 'namespace') || 'default',
    ca: pem(cluster, 'certificate-authority', folder),
    cert: pem(user, 'client-certificate', folder),
    key: pem(user, 'client-key', folder),
    token: text(user, 'token') || undefined,
  };
}

// Read by hand: a schema library would double the start of `kubectl proxy`, which every console waits for.
type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null ? (value as Fields) : undefined;

const text = (from: Fields | undefined, key: string): string => {
  const value = from?.[key];
  return typeof value === 'string' ? value : '';
};

/** `clusters: [{name, cluster: {…}}]` */
function entry(config: Fields | undefined, list: string, name: string): Fields | undefined {
  const entries = config?.[list];
  if (!Array.isArray(entries)) return undefined;
  const found = entries.map(fields).find((each) => text(each, 'name') === name);
  return found === undefined ? undefined : (fields(found[list.slice(0, -1)]) ?? {});
}

const missingContext = (name: string, isForObjects: boolean): Failure =>
  new Failure(
    isForObjects
      ? `Error in configuration: context was not found for specified context: ${name}`
      : `error: context "${name}" does not exist`,
  );

interface Loaded {
  readonly config: Fields | undefined;
  /** Relative file names in it start here. */
  readonly folder: string;
}

function fromFlag(path: string): Loaded {
  const content = read(path);
  if (content === null) throw new Failure(`error: stat ${path}: no such file or directory`);
  return { config: parseConfig(content, path), folder: dirname(resolve(path)) };
}

/** Paths of KUBECONFIG that do not exist are skipped in silence; the first that has something wins. */
function fromEnvironment({ env }: Io): Loaded {
  const listed = (env.KUBECONFIG ?? '').split(':').filter((path) => path !== '');
  const paths = listed.length > 0 ? listed : [join(env.HOME ?? homedir(), '.kube', 'config')];
  for (const path of paths) {
    const content = read(path);
    if (content === null) continue;
    const config = parseConfig(content, path);
    if (config !== undefined) return { config, folder: dirname(resolve(path)) };
  }
  return { config: undefined, folder: process.cwd() };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    const reason = code === 'EACCES' ? 'permission denied' : String(code);
    throw new Failure(`error: error loading config file "${path}": open ${path}: ${reason}`);
  }
}

/** undefined = the file has nothing in it. */
function parseConfig(content: string, path: string): Fields | undefined {
  let reason = 'cannot unmarshal into a kubeconfig';
  try {
    const parsed: unknown = parse(content) ?? undefined;
    if (parsed === undefined || (fields(parsed) !== undefined && !Array.isArray(parsed))) {
      return fields(parsed);
    }
  } catch (error) {
    reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
  throw new Failure(`error: error loading config file "${path}": yaml: ${reason}`);
}

/** Inline as base64, or in a file beside the kubeconfig. */
function pem(from: Fields | undefined, key: string, folder: string): string | undefined {
  const data = text(from, `${key}-data`);
  if (data !== '') {
    const decoded = Buffer.from(data, 'base64').toString('utf8');
    if (decoded.includes('-----BEGIN')) return decoded;
    const what = key.endsWith('key') ? 'key' : 'certificate';
    throw new Failure(`error: tls: failed to find any PEM data in ${what} input`);
  }
  const file = text(from, key);
  if (file === '') return undefined;
  const path = resolve(folder, file);
  const content = read(path);
  if (content === null) {
    throw new Failure(`error: unable to read ${key} ${path}: no such file or directory`);
  }
  return content;
}
