import type { LabPveHost, World } from '../world/types.js';
import type { Parameters, ParameterTypes } from './parameters.js';
import type { Upload } from './upload.js';

export interface Call {
  readonly world: World;
  /** `root@pam!tui` */
  readonly user: string;
  /** SHA-256 of the server's certificate, as PVE prints it. */
  readonly fingerprint: string;
  /** The one that answers; it forwards calls for others. */
  readonly host: LabPveHost;
  /** From the path: `{node}`, `{vmid}`, … */
  readonly path: Parameters;
  /** From query and body. */
  readonly given: Parameters;
  /** Of a multipart body. */
  readonly upload?: Upload;
}

/** `total` and `changes` travel beside `data`. */
export interface Envelope {
  readonly data: unknown;
  readonly total?: number;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/nodes/{node}/qemu/{vmid}/config` */
  readonly path: string;
  /** What a forbidden call is told to miss: path template and privilege; null = everybody may. */
  readonly privilege: readonly [string, string] | null;
  readonly parameters: ParameterTypes;
  /** @throws PveRefusal */
  readonly run: (call: Call) => Envelope | Promise<Envelope>;
}

export interface Match {
  readonly route: Route;
  readonly path: Parameters;
}

/** `{volume*}` takes the rest of the path, slashes and all. */
export function findRoute(routes: readonly Route[], method: string, path: string): Match | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const found = patternOf(route.path).exec(path);
    if (found !== null) return { route, path: { ...found.groups } };
  }
  return null;
}

const patterns = new Map<string, RegExp>();

function patternOf(template: string): RegExp {
  const known = patterns.get(template);
  if (known !== undefined) return known;
  const source = template
    .replaceAll(/\{(\w+)\*\}/g, '(?<$1>.+)')
    .replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const pattern = new RegExp(`^${source}$`);
  patterns.set(template, pattern);
  return pattern;
}

/** `/vms/{vmid}` with the call's own values. */
export const filled = (template: string, path: Parameters): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
