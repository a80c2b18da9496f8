import { gunzipSync } from 'node:zlib';
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
      readonly appVersion?: string;
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

/** Every revision of every release that the labels choose. @throws Failure */
export async function releases(
  { flags }: CommandLine,
  labels: string,
  isEverywhere: boolean,
): Promise<readonly Release[]> {
  const kubectlFlags = new Map(
    [...flags].map(([name, value]) => [KUBECTL_NAMES[name] ?? name, value]),
  );
  let session: Session | null = null;
  try {
    session = openSession(kubectlFlags, processIo);
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
