import { isIP } from 'node:net';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Kubernetes node name (RFC 1123 subdomain). */
export type NodeName = Branded<string, 'NodeName'>;
/** Canonical IPv4 or IPv6 address text without port and prefix. */
export type IpAddress = Branded<string, 'IpAddress'>;
/** Proxmox guest id, 100 and above. */
export type VmId = Branded<number, 'VmId'>;
/** Proxmox host name. */
export type PveNodeName = Branded<string, 'PveNodeName'>;
/** etcd member id: 16 lower-case hex digits. */
export type MemberId = Branded<string, 'MemberId'>;
/** Lower-case, colon separated. */
export type MacAddress = Branded<string, 'MacAddress'>;
/** Lower-case SMBIOS system UUID. */
export type SmbiosUuid = Branded<string, 'SmbiosUuid'>;
/** Directory name of one run below `<state>/runs`. */
export type RunId = Branded<string, 'RunId'>;

export const asNodeName = (text: string): NodeName => text as NodeName;
export const asPveNodeName = (text: string): PveNodeName => text as PveNodeName;
export const asRunId = (text: string): RunId => text as RunId;
export const asMacAddress = (text: string): MacAddress => text.toLowerCase() as MacAddress;
export const asSmbiosUuid = (text: string): SmbiosUuid => text.toLowerCase() as SmbiosUuid;

/** @throws RangeError when the text is no IPv4 or IPv6 address. */
export function asIpAddress(text: string): IpAddress {
  if (isIP(text) === 0) throw new RangeError(`Not an IP address: ${text}`);
  return text as IpAddress;
}

/** @throws RangeError below 100: Proxmox keeps lower guest ids for itself. */
export function asVmId(value: number): VmId {
  if (!Number.isInteger(value) || value < 100) {
    throw new RangeError(`Not a Proxmox guest id: ${value}`);
  }
  return value as VmId;
}

/**
 * Takes the decimal text of a uint64 (as protobuf gives it) or 1 to 16 hex digits with `hex: true`.
 * @throws RangeError on anything else.
 */
export function asMemberId(text: string, form: 'decimal' | 'hex' = 'hex'): MemberId {
  const valid = form === 'decimal' ? /^\d{1,20}$/.test(text) : /^[0-9a-f]{1,16}$/i.test(text);
  if (!valid) throw new RangeError(`Not an etcd member id: ${text}`);
  const value = BigInt(form === 'decimal' ? text : `0x${text}`);
  return value.toString(16).padStart(16, '0') as MemberId;
}
