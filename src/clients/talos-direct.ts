import { isIPv6 } from 'node:net';
import type { IpAddress } from '../model/ids.js';
import type { Link } from './talos-link.js';

/** Connections to single nodes, made when first needed and kept until lost. */
export interface DirectLinks {
  /** @throws OperatorError */
  readonly open: (node: IpAddress) => Promise<Link>;
  readonly closeAll: () => void;
}

export function createDirectLinks(
  openProven: (address: string) => Promise<Link>,
  port: number,
): DirectLinks {
  const links = new Map<IpAddress, Promise<Link>>();

  const start = async (node: IpAddress): Promise<Link> => {
    const forget = () => {
      if (links.get(node) === attempt) links.delete(node);
    };
    const attempt = openProven(isIPv6(node) ? `[${node}]:${port}` : `${node}:${port}`);
    links.set(node, attempt);
    try {
      const link = await attempt;
      link.onLost(() => {
        forget();
        link.close();
      });
      return link;
    } catch (error) {
      forget();
      throw error;
    }
  };

  return {
    open: (node) => links.get(node) ?? start(node),
    closeAll() {
      const all = [...links.values()];
      links.clear();
      // An attempt that fails now has told whoever waits for it.
      for (const attempt of all)
        attempt.then(
          (link) => link.close(),
          () => {},
        );
    },
  };
}
