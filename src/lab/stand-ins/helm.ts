#!/usr/bin/env node
import { gunzipSync } from 'node:zlib';
import { Failure } from './kubectl/failure.js';
import { processIo } from './kubectl/io.js';
import { openSession, type Session } from './kubectl/session.js';

const VERSION = 'v3.19.4+g7cfb6e4';
const RELEASES = '/api/v1/secrets?labelSelector=owner%3Dhelm&limit=500';
/** Flags that take a value; every other one stands alone. */
const VALUE_FLAGS = [
  'kubeconfig',
  'kube-context',
  'kube-apiserver',
  'namespace',
  'n',
  'output',
  'o',
  'max',
  'filter',
];

const KUBECTL_NAMES: Readonly<Record<string, string>> = {
  'kube-context': 'context',
  'kube-apiserver': 'server',
};

interface CommandLine {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

function parseArguments(argv: readonly string[]): CommandLine {
  const flags = new Map<string, string>();
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('-')) {
      words.push(argument);
      continue;
    }
    const [name = '', value] = argument.replace(/^--?/, '').split('=', 2);
    if (value !== undefined) {
      flags.set(name, value);
    } else if (VALUE_FLAGS.includes(name)) {
      index += 1;
      flags.set(name, argv[index] ?? '');
    } else {
      flags.set(name, 'true');
    }
  }
  return { words, flags };
}

/** Secret `sh.helm.release.v1.NAME.vN`: base64 of base64 of gzip of JSON. */
interface ReleaseSecret {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly data?: { readonly release?: string };
}

interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly info: { readonly status: string; readonly last_deployed: string };
  readonly chart: {
    readonly metadata: {
      readonly name: string;
      readonly version: string;
      readonly appVersion?: string;
    };
  };
}

function decode(secret: ReleaseSecret): readonly Release[] {
  const encoded = secret.data?.release;
  if (encoded === undefined || secret.metadata.labels?.status === 'superseded') return [];
  const inner = Buffer.from(encoded, 'base64').toString('latin1');
  return [JSON.parse(gunzipSync(Buffer.from(inner, 'base64')).toString('utf8')) as Release];
}

/** What `helm list -A -o json` prints of a release: the revision is a string. */
const listed = ({ name, namespace, version, info, chart }: Release) => ({
  name,
  namespace,
  revision: String(version),
  updated: goTime(info.last_deployed),
  status: info.status,
  chart: `${chart.metadata.name}-${chart.metadata.version}`,
  app_version: chart.metadata.appVersion ?? '',
});

/** Go's time.Time.String: no zeros at the end of a fraction. */
const goTime = (rfc3339: string): string =>
  `${rfc3339
    .replace('T', ' ')
    .replace('Z', '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')} +0000 UTC`;

async function list({ flags }: CommandLine): Promise<void> {
  if ((flags.get('output') ?? flags.get('o')) !== 'json') {
    throw new Failure("Error: the lab's helm lists with -o json only");
  }
  const kubectlFlags = new Map(
    [...flags].map(([name, value]) => [KUBECTL_NAMES[name] ?? name, value]),
  );
  let session: Session | null = null;
  try {
    session = openSession(kubectlFlags, processIo);
    const page = (await session.json('GET', RELEASES)) as { readonly items: ReleaseSecret[] };
    const namespace = flags.get('namespace') ?? flags.get('n') ?? session.target.namespace;
    const isEverywhere = flags.has('A') || flags.has('all-namespaces');
    const releases = page.items
      .flatMap(decode)
      .filter((release) => isEverywhere || release.namespace === namespace)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    processIo.out(`${JSON.stringify(releases.map(listed))}\n`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const reason = error.message.includes('(Unauthorized)')
      ? 'the server has asked for the client to provide credentials'
      : error.message.replace(/^error: /, '');
    throw new Failure(`Error: Kubernetes cluster unreachable: ${reason}`);
  } finally {
    session?.close();
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const line = parseArguments(argv);
  const [command = ''] = line.words;
  try {
    if (command === 'version') processIo.out(versionText(line.flags.has('short')));
    else if (command === 'list' || command === 'ls') await list(line);
    else throw new Failure(`Error: unknown command "${command}" for "helm"`);
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    processIo.err(`${error.message}\n`);
    return 1;
  }
}

const versionText = (isShort: boolean): string =>
  isShort
    ? `${VERSION}\n`
    : `version.BuildInfo{Version:"${VERSION.split('+')[0]}", GitCommit:"7cfb6e486dac026202556836bb910c37d847793e", GitTreeState:"clean", GoVersion:"go1.24.11"}\n`;

process.exitCode = await main(process.argv.slice(2));
