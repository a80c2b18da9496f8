import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { endOrBreak } from '../wire/broken-answer.js';
import { latencyMsOf, takeApiError, takeTruncation } from '../world/faults.js';
import { OFFICIAL_EXTENSIONS, TALOS_VERSIONS } from '../world/talos-factory.js';
import { installerImage } from '../world/talos-image.js';
import type { LabHandle, LabServer, World } from '../world/types.js';

interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string | Buffer;
}

// The factory encodes lists without naming their type, so Go's server guesses text.
const sniffed = (value: unknown): Answer => ({
  code: 200,
  contentType: 'text/plain; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

const plain = (code: number, text: string): Answer => ({
  code,
  contentType: 'text/plain; charset=utf-8',
  body: `${text}\n`,
});

/** @throws Error when the address is taken. */
export async function startFactoryServer(lab: LabHandle): Promise<LabServer> {
  const { world } = lab;
  const http = createServer((request, response) => void serve(world, request, response));
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(lab.ports.factory, world.facts.factoryAddress, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const unsubscribe = world.subscribe((topics) => {
    if (topics.includes('cut:factory')) http.closeAllConnections();
  });
  return {
    close: () =>
      new Promise((resolve) => {
        unsubscribe();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

const MANIFEST = /^\/v2\/(?<name>[a-z0-9/-]+)\/manifests\/(?<tag>[^/]+)$/;

/** Its registry (OCI distribution), as far as a client asks whether an installer is there; null = another path. */
function manifest(world: World, method: string, path: string): Answer | null {
  const { name, tag } = MANIFEST.exec(path)?.groups ?? {};
  if (name === undefined || (method !== 'GET' && method !== 'HEAD')) return null;
  if (installerImage(world, `factory.talos.dev/${name}:${tag}`) === null) {
    return plain(404, 'MANIFEST_UNKNOWN: manifest unknown');
  }
  return {
    code: 200,
    contentType: 'application/vnd.oci.image.index.v1+json',
    body: JSON.stringify({ schemaVersion: 2, manifests: [] }),
  };
}

type Schematics = World['schematics'];

async function serve(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const { pathname } = new URL(request.url ?? '/', 'http://lab');
  const call = `${request.method ?? 'GET'}:${pathname}`;
  const latencyMs = latencyMsOf(world, 'factory', call);
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
  const fault = takeApiError(world, 'factory', call);
  const answer =
    fault === null
      ? ((await charts(request.method ?? 'GET', pathname)) ??
        manifest(world, request.method ?? 'GET', pathname) ??
        (await respond(world.schematics, request.method ?? 'GET', pathname, body)))
      : plain(fault, 'injected by the lab');
  response.writeHead(answer.code, {
    'content-type': answer.contentType,
    'content-length': String(Buffer.byteLength(answer.body)),
  });
  const bytes = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  endOrBreak(response, bytes, takeTruncation(world, 'factory', call));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Most labs are never asked: what reads charts and schematics is loaded with the first question. */
async function charts(method: string, path: string): Promise<Answer | null> {
  if (!path.startsWith('/charts/')) return null;
  const { answerCharts } = await import('../charts/server.js');
  return answerCharts(method, path);
}

async function respond(
  schematics: Schematics,
  method: string,
  path: string,
  body: string,
): Promise<Answer> {
  if (method === 'POST' && path === '/schematics') return createSchematic(schematics, body);
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Method Not Allowed');
  if (path === '/versions') return sniffed(TALOS_VERSIONS);
  const [, id] = /^\/schematics\/([^/]+)$/.exec(path) ?? [];
  if (id !== undefined) {
    const yaml = schematics.get(id);
    return yaml === undefined
      ? plain(404, 'schematic not found')
      : { code: 200, contentType: 'application/yaml', body: yaml };
  }
  const [, version] = /^\/version\/([^/]+)\/extensions\/official$/.exec(path) ?? [];
  return version === undefined ? plain(404, '404 page not found') : extensions(version);
}

async function createSchematic(schematics: Schematics, body: string): Promise<Answer> {
  const { InvalidSchematic, readSchematic } = await import('./schematic.js');
  try {
    const { id, yaml } = readSchematic(body);
    schematics.set(id, yaml);
    return { code: 201, contentType: 'application/json', body: `${JSON.stringify({ id })}\n` };
  } catch (error) {
    if (error instanceof InvalidSchematic) return plain(400, error.message);
    throw error;
  }
}

function extensions(version: string): Answer {
  const tag = version.startsWith('v') ? version : `v${version}`;
  if (!TALOS_VERSIONS.includes(tag)) return plain(404, `version ${tag} is not available`);
  return sniffed(
    Object.entries(OFFICIAL_EXTENSIONS).map(([name, { version: extensionVersion }]) => {
      const ref = `ghcr.io/siderolabs/${name}:${extensionVersion}`;
      const digest = createHash('sha256').update(ref).digest('hex');
      return { name: `siderolabs/${name}`, ref, digest: `sha256:${digest}` };
    }),
  );
}
