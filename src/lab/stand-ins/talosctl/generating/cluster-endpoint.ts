import { CommandError } from '../errors.js';

const SCHEME = /^([a-z][a-z0-9+.-]*):(.*)$/i;
const DEFAULT_PORT = 6443;

/** As Go's url.URL tells them apart. */
interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** What follows a scheme without slashes. */
  readonly opaque: string;
}

function partsOf(endpoint: string): Parts {
  const [, scheme = '', rest = ''] = SCHEME.exec(endpoint) ?? [];
  if (scheme !== '' && !rest.startsWith('/')) return { scheme, host: '', path: '', opaque: rest };
  const after = scheme === '' ? endpoint : rest;
  const [, host = '', path = ''] = /^\/\/([^/?#]*)(.*)$/.exec(after) ?? [];
  if (host !== '' || path !== '') return { scheme, host, path, opaque: '' };
  // Go takes `10.0.0.1:6443` for a path with a colon, fails, and talosctl tries it as a host.
  const isHostWithPort = scheme === '' && after.includes(':') && !after.includes('/');
  if (isHostWithPort) return { scheme, host: after, path: '', opaque: '' };
  return { scheme, host: '', path: after.replace(/^\/\//, ''), opaque: '' };
}

const portOf = (host: string): string => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? '';

/** talosctl: fixControlPlaneEndpoint, and how Go writes a URL. */
function corrected({ scheme, host, path, opaque }: Parts): string {
  if (opaque !== '') return `https:${opaque}`;
  const isBare = scheme === '' && host === '' && path !== '';
  const known = isBare ? encodeURIComponent(path) : host;
  const complete = portOf(known) === '' ? `${known}:${DEFAULT_PORT}` : known;
  return `https://${complete}${isBare ? '' : path}`;
}

/** net/url of Go, and siderolabs/net: ValidateEndpointURI. */
function hostFault(host: string): string | null {
  const name = host.replace(/:\d*$/, '');
  if (name === '') return 'hostname must not be blank';
  const port = portOf(host);
  const isInRange = port === '' || (Number(port) >= 1 && Number(port) <= 65_535);
  return isInRange ? null : 'port number must be between 1 and 65535';
}

/** What keeps Go from reading the URL at all. */
function syntaxFault({ scheme, host }: Parts): string | null {
  if (scheme === '') return null;
  const port = /:([^\]]*)$/.exec(host)?.[1] ?? '';
  if (!/^\d*$/.test(port)) return `invalid port ":${port}" after host`;
  const wrong = /[\s"<>\\^`{|}]/.exec(host)?.[0];
  return wrong === undefined ? null : `invalid character ${JSON.stringify(wrong)} in host name`;
}

/** talosctl: validateClusterEndpoint. @throws CommandError with what to try. */
export function checkClusterEndpoint(endpoint: string): void {
  const parts = partsOf(endpoint);
  const { scheme, host, opaque } = parts;
  const refuse = (reason: string): CommandError =>
    new CommandError(`${reason}\ntry: ${JSON.stringify(corrected(parts))}`);
  const unreadable = syntaxFault(parts);
  if (unreadable !== null) {
    const text = JSON.stringify(endpoint);
    throw new CommandError(
      `failed to parse the cluster endpoint URL: parse ${text}: ${unreadable}`,
    );
  }
  if (scheme === '') {
    const missing = portOf(host) === '' ? 'no scheme and port' : 'no scheme';
    throw refuse(`${missing} specified for the cluster endpoint URL`);
  }
  if (scheme.toLowerCase() !== 'https') {
    throw refuse('the control plane endpoint URL should have scheme https://');
  }
  const reason = hostFault(opaque === '' ? host : '');
  if (reason !== null) {
    throw new CommandError(`error validating the cluster endpoint URL: ${reason}`);
  }
}
