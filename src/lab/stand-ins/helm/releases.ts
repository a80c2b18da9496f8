import { gunzipSync, gzipSync } from 'node:zlib';
import { realNowMs } from '../../world/clock.js';
import { Failure, isRefusedFor } from '../kubectl/failure.js';
import { processIo } from '../kubectl/io.js';
import { openSession, type Session } from '../kubectl/session.js';
import type { CommandLine } from './arguments.js';

/** What helm writes into a Secret, without the files of its chart. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly config?: Readonly<Record<string, unknown>> | null;
  readonly manifest?: string;
  readonly hooks?: readonly unknown[] | null;
  readonly info: {
    readonly status: string;
    readonly first_deployed: string;
    readonly last_deployed: string;
    readonly description?: string;
    readonly notes?: string;
  };
  readonly chart: {
    readonly metadata: {
      readonly name: string;
      readonly version: string;
      readonly appVersion?: string | undefined;
    };
  };
}

/** Secret `sh.helm.release.v1.NAME.vN`: base64 of base64 of gzip of JSON. */
interface ReleaseSecret {
  readonly data?: { readonly release?: string };
}

const KUBECTL_NAMES: Readonly<Record<string, string>> = {
  'kube-context': 'context',
  'kube-apiserver': 'server',
};

/** @throws Failure */
export const sessionOf = (flags: CommandLine['flags']): Session =>
  openSession(
    new Map([...flags].map(([name, value]) => [KUBECTL_NAMES[name] ?? name, value])),
    processIo,
  );

/** Every revision of every release that the labels choose. @throws Failure */
export async function releases(
  { flags }: CommandLine,
  labels: string,
  isEverywhere: boolean,
): Promise<readonly Release[]> {
  let session: Session | null = null;
  try {
    session = sessionOf(flags);
    const namespace = flags.get('namespace') ?? session.target.namespace;
    const scope = isEverywhere ? '' : `/namespaces/${namespace}`;
    const query = new URLSearchParams({ labelSelector: labels });
    const path = `/api/v1${scope}/secrets?${query}`;
    const page = (await session.json('GET', path)) as { readonly items: readonly ReleaseSecret[] };
    return page.items.flatMap(decode);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const reason = isRefusedFor(error, 'Unauthorized')
      ? 'the server has asked for the client to provide credentials'
      : error.message.replace(/^error: /, '');
    throw new Failure(`Error: Kubernetes cluster unreachable: ${reason}`);
  } finally {
    session?.close();
  }
}

function decode({ data }: ReleaseSecret): readonly Release[] {
  if (data?.release === undefined) return [];
  const inner = Buffer.from(data.release, 'base64').toString('latin1');
  return [JSON.parse(gunzipSync(Buffer.from(inner, 'base64')).toString('utf8')) as Release];
}

/** As helm's own storage driver writes it, whether it was there or not. @throws Failure */
export async function storeRelease(session: Session, release: Release): Promise<void> {
  const { name, namespace, version, info } = release;
  const secret = `sh.helm.release.v1.${name}.v${version}`;
  const inner = gzipSync(JSON.stringify(release)).toString('base64');
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const seconds = String(Math.floor(realNowMs() / 1000));
  const marks = { name, owner: 'helm', status: info.status, version: String(version) };
  const body = (when: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: { name: secret, namespace, labels: { ...marks, [when]: seconds } },
    data: { release: Buffer.from(inner).toString('base64') },
  });
  try {
    await session.json('POST', path, body('createdAt'));
  } catch (error) {
    if (!isRefusedFor(error, 'AlreadyExists')) throw error;
    await session.json('PUT', `${path}/${secret}`, body('modifiedAt'));
  }
}

export async function forgetRelease(
  session: Session,
  { name, namespace, version }: Release,
): Promise<void> {
  const secret = `sh.helm.release.v1.${name}.v${version}`;
  await session.json('DELETE', `/api/v1/namespaces/${namespace}/secrets/${secret}`);
}

/** The revisions of one release, oldest first. @throws Failure */
export async function revisionsOf(line: CommandLine, name: string): Promise<readonly Release[]> {
  const all = await releases(line, `name=${name},owner=helm`, false);
  if (all.length === 0) throw new Failure('Error: release: not found');
  return all.toSorted((a, b) => a.version - b.version);
}

export const chartOf = ({ chart: { metadata } }: Release): string =>
  `${metadata.name}-${metadata.version}`;

/** Go's time.Time in JSON: no zeros at the end of a fraction. */
export const goRfc3339 = (text: string): string =>
  text.replace(/(\.\d*?)0+Z$/, '$1Z').replace('.Z', 'Z');
