import { z } from 'zod';
import { ClientError } from '../../model/errors.js';
import { askWeb, type WebAnswer, webMalformed, webRefusal } from './web.js';

const PUBLIC_FACTORY = 'factory.talos.dev';
/** `ghcr.io/siderolabs/installer:v1.12.4`, with a host and with a tag or digest. */
const REFERENCE =
  /^(?<host>[a-z0-9.-]+(?::\d+)?)\/(?<name>[a-z0-9][a-z0-9._/-]*)(?::(?<tag>[\w][\w.-]{0,127})|@(?<digest>sha256:[0-9a-f]{64}))$/;

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * Whether its registry has the image (OCI distribution: end-3). A factory builds one that nobody has asked for yet
 * before it answers.
 * @throws ClientError when the registry does not tell
 */
export async function hasImage(
  reference: string,
  factoryUrl: string,
  signal: AbortSignal,
): Promise<boolean> {
  const parts = REFERENCE.exec(reference)?.groups;
  if (parts === undefined) throw notAReference(reference);
  const { host = '', name = '', tag, digest } = parts;
  const url = new URL(`/v2/${name}/manifests/${tag ?? digest}`, originOf(host, factoryUrl));
  const ask = (headers: Readonly<Record<string, string>>) =>
    askWeb(url, signal, { method: 'HEAD', headers: { accept: MANIFESTS, ...headers } });
  const first = await ask({});
  const token = first.code === 401 ? await anonymousToken(url, first, signal) : null;
  const answer = token === null ? first : await ask({ authorization: `Bearer ${token}` });
  if (answer.code === 200) return true;
  if (answer.code === 404) return false;
  throw webRefusal(url, answer);
}

/** A factory on this machine stands in for the public one: that is what a simulated cluster pulls from. */
function originOf(host: string, factoryUrl: string): string {
  const factory = URL.parse(factoryUrl);
  const isLocal = factory !== null && /^127\.|^localhost$|^\[::1\]$/.test(factory.hostname);
  if (factory !== null && (factory.host === host || (isLocal && host === PUBLIC_FACTORY))) {
    return factory.origin;
  }
  return `https://${host}`;
}

const tokenAnswer = z.object({ token: z.string().min(1) });

/** Public images of ghcr.io and the like want a token that everybody gets. */
async function anonymousToken(
  url: URL,
  { headers }: WebAnswer,
  signal: AbortSignal,
): Promise<string | null> {
  const challenge = headers.get('www-authenticate') ?? '';
  const fields = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const realm = URL.parse(fields.get('realm') ?? '');
  if (!/^bearer /i.test(challenge) || realm === null || realm.protocol !== url.protocol)
    return null;
  for (const key of ['service', 'scope']) {
    const value = fields.get(key);
    if (value !== undefined) realm.searchParams.set(key, value);
  }
  const answer = await askWeb(realm, signal);
  if (answer.code !== 200) throw webRefusal(realm, answer);
  const result = tokenAnswer.safeParse(parsed(answer.text));
  if (result.success) return result.data.token;
  throw webMalformed(realm, 'it holds no token');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const notAReference = (reference: string): ClientError =>
  new ClientError(
    'rejected',
    `"${reference}" is no reference of an image.`,
    'Name registry, repository and tag, as in ghcr.io/siderolabs/installer:v1.12.4.',
  );
