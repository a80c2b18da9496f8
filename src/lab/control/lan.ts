import { createServer, type Server } from 'node:net';
import { ClientError } from '../../model/errors.js';
import type { LabPorts } from '../world/types.js';

const LAST_LAN = 254;
/** Address within a lab's LAN that nothing of the lab uses: who binds it owns the LAN. */
const CLAIM_HOST = 254;
const TALOS_PORT = 50_000;

export interface LanClaim {
  /** `127.7` */
  readonly prefix: string;
  readonly ports: LabPorts;
  readonly release: () => Promise<void>;
}

/**
 * A free 127.N for one lab: the claim holds while the process lives, whatever ends it.
 * @throws ClientError when no LAN or port can be had.
 */
export async function claimLan(): Promise<LanClaim> {
  for (let lan = 1; lan <= LAST_LAN; lan += 1) {
    const prefix = `127.${lan}`;
    const claim = await bind(`${prefix}.0.${CLAIM_HOST}`, TALOS_PORT);
    if (claim === null) continue;
    try {
      return { prefix, ports: await choosePorts(prefix), release: () => close(claim) };
    } catch (error) {
      await close(claim);
      throw error;
    }
  }
  throw new ClientError(
    'unreachable',
    `The lab found no free loopback network (127.1 to 127.${LAST_LAN}, port ${TALOS_PORT}).`,
    `End other labs, or whatever listens on port ${TALOS_PORT} of every address.`,
  );
}

async function choosePorts(prefix: string): Promise<LabPorts> {
  const host = `${prefix}.0.${CLAIM_HOST}`;
  const [kube, kubelet, pve, factory] = await Promise.all([
    choosePort(host, [6443, 16_443]),
    choosePort(host, [10_250, 20_250]),
    choosePort(host, [8006, 18_006]),
    choosePort(host, [8080, 18_080]),
  ]);
  return { talos: TALOS_PORT, kube, kubelet, pve, factory };
}

/**
 * A program that listens on all addresses, such as pveproxy on 8006, takes the usual port from a lab.
 * @throws ClientError when none of them is free.
 */
export async function choosePort(host: string, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const probe = await bind(host, port);
    if (probe === null) continue;
    await close(probe);
    return port;
  }
  throw new ClientError(
    'unreachable',
    `The lab needs one of the ports ${ports.join(', ')}, and all are taken.`,
    'End the program that listens there.',
  );
}

/** null = taken, or not ours to have. */
const bind = (host: string, port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(null));
    server.listen(port, host, () => resolve(server));
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));
