import { lookup } from 'node:dns/promises';

/** Every address of a host name, as this host resolves it. */
export async function addressesOf(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}
