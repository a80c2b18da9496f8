import { createPrivateKey } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { ConfigurationError } from '../model/errors.js';
import { type ClientCertificate, readClientCertificate, validityProblem } from './certificate.js';
import { checkShape, type OperatorFile, problemAt, readOperatorFile } from './operator-file.js';

/** Contexts by name, as far as they can be shown before one is chosen. */
export interface Talosconfig {
  readonly file: OperatorFile;
  readonly currentContext: string | null;
  readonly contexts: ReadonlyMap<string, TalosContext>;
}

export interface TalosContext {
  readonly name: string;
  /** As written: `10.0.0.11`, `cp.example.org:50000`, `https://omni.example.org`. */
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  readonly ca: string | null;
  readonly crt: string | null;
  readonly key: string | null;
}

/** All that a connection needs. */
export interface TalosAccess {
  readonly contextName: string;
  readonly configPath: string;
  /** `host:port`, an IPv6 host in brackets. */
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly certificate: ClientCertificate;
}

const APID_PORT = 50_000;

const listOfText = z
  .array(z.string())
  .nullish()
  .transform((texts) => texts ?? []);
const text = z
  .string()
  .nullish()
  .transform((value) => value || null);

const talosconfigShape = z.object({
  context: text,
  contexts: z
    .record(
      z.string(),
      z.object({ endpoints: listOfText, nodes: listOfText, ca: text, crt: text, key: text }),
    )
    .nullish()
    .transform((contexts) => contexts ?? {}),
});

/** @throws ConfigurationError when the file is missing, unreadable or malformed. It is never written. */
export async function readTalosconfig(path: string): Promise<Talosconfig> {
  const file = await readOperatorFile('talosconfig', path);
  const { context, contexts } = checkShape(file, talosconfigShape);
  return {
    file,
    currentContext: context,
    contexts: new Map(Object.entries(contexts).map(([name, value]) => [name, { name, ...value }])),
  };
}

/**
 * What is needed to connect with this context; without a name the current one.
 * @throws ConfigurationError for an unknown context, empty endpoints, or missing or broken credentials. An
 * expired certificate is not refused here: see `talosCertificateProblem`.
 */
export function talosAccess(config: Talosconfig, contextName?: string): TalosAccess {
  const { file } = config;
  const context = chooseContext(config, contextName);
  const way = ['contexts', context.name];
  if (context.endpoints.length === 0) {
    throw problemAt(
      file,
      [...way, 'endpoints'],
      `context "${context.name}" has no endpoints.`,
      `Run \`talosctl --talosconfig ${file.path} --context ${context.name} config endpoint <control plane addresses>\`.`,
    );
  }
  if (context.crt === null || context.key === null || context.ca === null) {
    throw problemAt(
      file,
      way,
      `context "${context.name}" has no ca, crt and key; other ways to authenticate (Omni, SideroV1) are not supported.`,
      'Use a context with a client certificate, as `talosctl gen config` and `talosctl config new` write.',
    );
  }

  const certificatePem = pemField(file, [...way, 'crt'], context.crt, 'CERTIFICATE');
  return {
    contextName: context.name,
    configPath: file.path,
    endpoints: context.endpoints.map((endpoint) => endpointAddress(file, way, endpoint)),
    nodes: context.nodes,
    caPem: pemField(file, [...way, 'ca'], context.ca, 'CERTIFICATE'),
    certificatePem,
    keyPem: keyField(file, [...way, 'key'], context.key),
    certificate: certificateField(file, [...way, 'crt'], certificatePem),
  };
}

/** Why the client certificate is refused at this moment, as a warning to show; null while it is valid. */
export function talosCertificateProblem(
  access: TalosAccess,
  nowMs: number,
): ConfigurationError | null {
  const problem = validityProblem(access.certificate, nowMs);
  return problem === null
    ? null
    : new ConfigurationError(
        `The client certificate of context "${access.contextName}" in ${access.configPath} ${problem}.`,
        'Get a new talosconfig: `talosctl config new` with another admin, or `talosctl gen config --with-secrets`.',
      );
}

function chooseContext(config: Talosconfig, wanted: string | undefined): TalosContext {
  const { file, contexts, currentContext } = config;
  const known = [...contexts.keys()];
  const hint =
    known.length === 0
      ? 'Merge a talosconfig of the cluster into this file.'
      : `Choose one of: ${known.join(', ')}.`;
  const name = wanted ?? currentContext;
  if (name === null) throw problemAt(file, ['context'], 'no current context is set.', hint);
  const context = contexts.get(name);
  if (context === undefined) {
    throw problemAt(file, ['contexts'], `there is no context "${name}".`, hint);
  }
  return context;
}

/** Go's clients accept host, host:port and URL; a https URL without a port means 443 (talos@1.12 client). */
function endpointAddress(file: OperatorFile, way: readonly string[], endpoint: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint);
  const bare = isIPv6(endpoint) ? `[${endpoint}]` : endpoint;
  const url = URL.parse(isUrl ? endpoint : `apid://${bare}`);
  if (url === null || url.hostname === '') {
    throw problemAt(file, [...way, 'endpoints'], `"${endpoint}" is no endpoint.`);
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : String(APID_PORT));
  return `${url.hostname}:${port}`;
}

function pemField(
  file: OperatorFile,
  way: readonly string[],
  base64: string,
  label: string,
): string {
  const pem = Buffer.from(base64, 'base64').toString('utf8');
  if (!pem.includes(`-----BEGIN ${label}-----`)) {
    throw problemAt(file, way, `${way.at(-1)} is not the base64 of a PEM ${label.toLowerCase()}.`);
  }
  return pem;
}

/**
 * Talos labels its PKCS#8 key `ED25519 PRIVATE KEY`, which Go reads and OpenSSL refuses with
 * "DECODER routines::unsupported" (siderolabs/crypto).
 */
function keyField(file: OperatorFile, way: readonly string[], base64: string): string {
  const pem = Buffer.from(base64, 'base64')
    .toString('utf8')
    .replaceAll(/-----(BEGIN|END) ED25519 PRIVATE KEY-----/g, '-----$1 PRIVATE KEY-----');
  try {
    createPrivateKey(pem);
  } catch {
    // The cause is dropped: no byte of a key may reach a message or a log.
    throw problemAt(file, way, 'key is not the base64 of a PEM private key.');
  }
  return pem;
}

function certificateField(
  file: OperatorFile,
  way: readonly string[],
  pem: string,
): ClientCertificate {
  try {
    return readClientCertificate(pem);
  } catch {
    throw problemAt(file, way, 'crt holds no readable certificate.');
  }
}
