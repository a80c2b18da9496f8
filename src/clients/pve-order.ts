import { ClientError } from '../model/errors.js';
import { pveTransportCode } from './pve-errors.js';
import { nodeOfUpid } from './pve-upid.js';

/** No connection was made, so that nothing can have been taken. */
const NEVER_SENT: readonly string[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
];

/** Of pveproxy: it did not reach the host that the order is for (pve-http-server: AnyEvent.pm). */
const HOST_NOT_REACHED = 595;

/**
 * What a failed order means. An answer that got lost says nothing about the order: kind `timeout`, and only a look
 * at the world tells.
 */
export function orderFailure(what: string, error: unknown): unknown {
  if (!(error instanceof ClientError)) return error;
  const isUncertain =
    error.kind === 'timeout' || (error.kind === 'unreachable' && !wasNeverSent(error));
  if (!isUncertain) return error;
  return new ClientError(
    'timeout',
    `${error.message}; the order ${what} may have been taken`,
    'Look at the tasks of the guest in Proxmox before it is given again.',
    { cause: error },
  );
}

function wasNeverSent(error: ClientError): boolean {
  if ('status' in error) return error.status === HOST_NOT_REACHED;
  return NEVER_SENT.includes(pveTransportCode(error) ?? '');
}

/** Null when the answer names no task. @throws ClientError malformed for a broken UPID */
export function upidIn(what: string, data: unknown): string | null {
  if (typeof data !== 'string' || !data.startsWith('UPID:')) return null;
  if (nodeOfUpid(data) !== null) return data;
  throw new ClientError(
    'malformed',
    `Proxmox, ${what}: the answer names a task that cannot be read`,
    'Look at the task log in Proxmox: the order was taken.',
  );
}

/** `/nodes/pve1/qemu/101/resize` below `/api2/json`. @throws ClientError rejected */
export function pvePath(path: string): string {
  const segments = path.split('/');
  const isPlain =
    path.startsWith('/') && segments.slice(1).every((segment) => !/^\.{0,2}$/.test(segment));
  if (isPlain) return `/api2/json${path}`;
  throw new ClientError(
    'rejected',
    `"${path}" is no path of the Proxmox API.`,
    'Report this: talos-tui built it wrongly.',
  );
}
