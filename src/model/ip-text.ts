import { isIP } from 'node:net';

const MAPPED_PREFIX = '::ffff:';

/** One text per address, to compare with: RFC 5952 for IPv6, mapped IPv4 as IPv4. Null when it is none. */
export function canonicalIp(text: string): string | null {
  switch (isIP(text)) {
    case 4:
      return text;
    case 6:
      return canonicalIpv6(text);
    default:
      return null;
  }
}

function canonicalIpv6(text: string): string | null {
  if (text.includes('%')) return null;
  // The URL parser writes RFC 5952, with a mapped IPv4 address as two hex groups.
  const compact = new URL(`http://[${text}]`).hostname.slice(1, -1);
  if (!compact.startsWith(MAPPED_PREFIX)) return compact;
  const groups = compact.slice(MAPPED_PREFIX.length).split(':');
  const [high, low] = groups.map((group) => Number.parseInt(group, 16));
  if (groups.length !== 2 || high === undefined || low === undefined) return compact;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** From the 4 or 16 bytes of a certificate's iPAddress; null for any other length. */
export function ipFromBytes(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length !== 16) return null;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return canonicalIp(groups.join(':'));
}

/**
 * Loopback means 127.0.0.0/16 and ::1 here: lab networks are slices 127.N.0.0/24 with N ≥ 1, and no kubelet
 * serves on those outside of a lab.
 */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.0.');
}

/** Unspecified, broadcast and multicast addresses: nothing can serve there. */
export function isNoHost(address: string): boolean {
  if (isIP(address) === 6) return address === '::' || /^ff[0-9a-f]{2}:/.test(address);
  const first = Number(address.split('.')[0]);
  return first === 0 || first >= 224;
}
