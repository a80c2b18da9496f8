import type { AuthContextHolder } from './calls.js';

export type TalosRole = 'os:admin' | 'os:operator' | 'os:reader' | 'os:etcd:backup';

/** talos: internal/app/machined/pkg/system/services/machined.go, rules by method. */
export const READERS: readonly TalosRole[] = ['os:admin', 'os:operator', 'os:reader'];
export const OPERATORS: readonly TalosRole[] = ['os:admin', 'os:operator'];
export const ADMINS: readonly TalosRole[] = ['os:admin'];
export const ETCD_READERS: readonly TalosRole[] = [...READERS, 'os:etcd:backup'];
export const ETCD_BACKUPS: readonly TalosRole[] = [...OPERATORS, 'os:etcd:backup'];

/** Organizations of the client certificate. */
export function rolesOf(call: AuthContextHolder): ReadonlySet<string> {
  const organization: unknown = call.getAuthContext().sslPeerCertificate?.subject?.O;
  if (typeof organization === 'string') return new Set([organization]);
  return new Set(Array.isArray(organization) ? organization.map(String) : []);
}
