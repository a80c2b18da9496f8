import { isIP } from 'node:net';

/** talos@1.12 pkg/machinery/nethelpers. */
const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'nethelpers.AutoHostnameKind': ['off', 'stable'],
  'nethelpers.DefaultAction': ['accept', 'block'],
  'nethelpers.Protocol': ['icmp', 'tcp', 'udp', 'icmpv6'],
};

/** What a type that reads its own text says of one; null = it takes it, or the lab knows nothing of its rules. */
export function textFault(type: string, text: string): string | null {
  const values = ENUMS[type];
  const name = type.split('.')[1] ?? type;
  if (values !== undefined) {
    return values.includes(text) ? null : `${text} does not belong to ${name} values`;
  }
  switch (type) {
    case 'netip.Prefix':
    case 'network.Prefix':
      return text === '' || text.includes('/')
        ? null
        : `netip.ParsePrefix(${JSON.stringify(text)}): no '/'`;
    case 'netip.Addr':
    case 'network.Addr':
      return text === '' || isIP(text) !== 0 || text.includes('.') || text.includes(':')
        ? null
        : `ParseAddr(${JSON.stringify(text)}): unable to parse IP`;
    case 'block.ByteSize':
    case 'block.Size':
      return text === '' || /^[-+\d.]/.test(text)
        ? null
        : 'strconv.ParseFloat: parsing "": invalid syntax';
    default:
      return null;
  }
}
