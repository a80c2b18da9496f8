import { formatDuration } from '../../model/format.js';
import type { Gate, PlanContext } from '../types.js';

/** Host part of `10.0.0.11`, `10.0.0.11:50000`, `[fd00::1]:50000` or a URL. */
export function hostOf(endpoint: string): string {
  // An IPv6 address without brackets is no URL, and a host as it is.
  const url = URL.parse(endpoint.includes('://') ? endpoint : `apid://${endpoint}`);
  return (url?.hostname ?? endpoint).replace(/^\[(.*)\]$/, '$1');
}

/** Endpoints for talosctl: never the VIP, which goes when etcd does; the VIP only when there is nothing else. */
export function directEndpoints({ snapshot }: Pick<PlanContext, 'snapshot'>): readonly string[] {
  const { endpoints, vip } = snapshot.cluster;
  const direct = endpoints.filter((endpoint) => hostOf(endpoint) !== vip);
  return direct.length > 0 ? direct : endpoints;
}

/** G-CFG: endpoints that do not depend on etcd, and a certificate that is still good for `minimumMs`. */
export function talosconfigGate(
  { snapshot, nowMs }: Pick<PlanContext, 'snapshot' | 'nowMs'>,
  minimumMs: number,
): Gate {
  const { endpoints, vip, talosCertificateEndsAtMs: endsAtMs } = snapshot.cluster;
  const gate = { id: 'G-CFG', title: 'talosconfig is usable' } as const;
  if (endpoints.length === 0) {
    return {
      ...gate,
      state: 'red',
      text: 'the talosconfig has no endpoints',
      remedy: 'Run `talosctl config endpoint` with the addresses of the control planes.',
      override: 'no',
    };
  }
  if (endsAtMs !== null && endsAtMs - nowMs <= minimumMs) {
    return {
      ...gate,
      state: 'red',
      text:
        endsAtMs <= nowMs
          ? 'the client certificate of the talosconfig has expired'
          : `the client certificate of the talosconfig ends in ${formatDuration(endsAtMs - nowMs)}`,
      remedy: 'Get a new talosconfig with `talosctl config new`.',
      override: endsAtMs <= nowMs ? 'no' : 'confirm',
    };
  }
  if (vip !== null && endpoints.every((endpoint) => hostOf(endpoint) === vip)) {
    return {
      ...gate,
      state: 'red',
      text: `the only endpoint ${vip} is the VIP, which needs etcd`,
      remedy: 'Add the addresses of the control planes with `talosctl config endpoint`.',
      override: 'confirm',
    };
  }
  return {
    ...gate,
    state: 'green',
    text: `endpoints ${endpoints.map(hostOf).join(', ')}`,
    remedy: '',
    override: 'confirm',
  };
}

/** G-ROLE: null when the roles could not be read; then the node itself says no. */
export function roleGate(
  roles: readonly string[] | null,
  sufficient: readonly string[],
): Gate | null {
  if (roles === null) return null;
  const isEnough = roles.some((role) => sufficient.includes(role));
  return {
    id: 'G-ROLE',
    title: 'The client certificate may do it',
    state: isEnough ? 'green' : 'red',
    text: `your certificate has ${roles.length === 0 ? 'no role' : `role ${roles.join(', ')}`}`,
    remedy: `Use a talosconfig with role ${sufficient.join(' or ')}.`,
    override: 'no',
  };
}
