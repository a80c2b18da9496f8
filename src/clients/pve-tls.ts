import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext, TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { ProxmoxConnection } from '../model/connection.js';
import { ClientError, ConfigurationError } from '../model/errors.js';

type Connector = buildConnector.connector;
type BuildConnector = (options?: buildConnector.BuildOptions) => Connector;

const CONNECT_MS = 5_000;
const FINGERPRINT = /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/;
/** Served instead of the cluster's own certificate when an admin has put one there. */
const OWN_CERTIFICATE = '/etc/pve/local/pveproxy-ssl.pem';

/** How to open a verified connection; there is no way without. @throws ConfigurationError */
export async function pveConnector(
  connection: ProxmoxConnection,
  build: BuildConnector,
): Promise<Connector> {
  const { fingerprint } = connection;
  if (fingerprint !== null) return pinned(normalFingerprint(fingerprint), connection.url, build);
  const servername = await ownName(connection.url);
  return build({
    // Made once: 150 roots in a new context for every connection would cost 10 ms each.
    secureContext: await trustOf(connection),
    timeout: CONNECT_MS,
    ...(servername === null ? {} : { servername }),
  });
}

async function trustOf({ caFile }: ProxmoxConnection): Promise<SecureContext> {
  const roots = getCACertificates('default');
  if (caFile === null) return createSecureContext({ ca: roots });
  try {
    const ca = await readFile(caFile, 'utf8');
    // An unreadable PEM would be ignored, and the failure show up as an unknown CA.
    new X509Certificate(ca);
    return createSecureContext({ ca: [...roots, ca] });
  } catch (cause) {
    throw new ConfigurationError(
      `The CA file ${caFile} of Proxmox cannot be used: it is missing, unreadable or no certificate.`,
      'Copy /etc/pve/pve-root-ca.pem from the Proxmox host, or pin its fingerprint instead.',
      { cause },
    );
  }
}

function normalFingerprint(fingerprint: string): string {
  const normal = fingerprint.trim().toUpperCase();
  if (FINGERPRINT.test(normal)) return normal;
  throw new ConfigurationError(
    `"${fingerprint}" is no SHA-256 fingerprint.`,
    'Give the 32 hex pairs with colons that `pvenode cert info` shows.',
  );
}

/**
 * The handshake ends before a byte of HTTP is sent, so a wrong host never sees the token. Verification against
 * CAs is replaced by the comparison, not switched off.
 */
function pinned(fingerprint: string, url: string, build: BuildConnector): Connector {
  const connect = build({
    rejectUnauthorized: false,
    timeout: CONNECT_MS,
    // A resumed session would not show its certificate again.
    maxCachedSessions: 0,
  });
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const seen =
        socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
      if (seen === fingerprint) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(notPinned(url, seen), null);
    });
  };
}

function notPinned(url: string, seen: string | undefined): ClientError {
  return new ClientError(
    'untrusted',
    `Proxmox at ${new URL(url).host}: its certificate is not the pinned one (it is ${seen ?? 'unknown'})`,
    'Compare it with `pvenode cert info` on the host; pin the new one only if they agree.',
  );
}

/** The admin's own certificate is not for 127.0.0.1: ask for the name that is in it. */
async function ownName(url: string): Promise<string | null> {
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1' && hostname !== '[::1]' && hostname !== 'localhost') return null;
  const pem = await readFile(OWN_CERTIFICATE, 'utf8').catch(() => null);
  if (pem === null) return null;
  return /DNS:([^,\s]+)/.exec(new X509Certificate(pem).subjectAltName ?? '')?.[1] ?? null;
}
