import type { TalosAddress } from '../../model/talos.js';

const LINK_LOCAL = /^fe80:/i;

/** `10.0.0.11/24, 10.0.0.20/32`; every link has a link-local address, so it is told only when it is the only one. */
export function addressesText(addresses: readonly TalosAddress[]): string {
  const routable = addresses.filter(({ address }) => !LINK_LOCAL.test(address));
  return (routable.length > 0 ? routable : addresses)
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
    .join(', ');
}
