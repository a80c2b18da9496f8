import { createServer, type Server, type Socket } from 'node:net';
import { Gate } from './gate.js';

export interface Listener {
  readonly gate: Gate;
  readonly close: () => Promise<void>;
}

export interface ListenerOptions {
  readonly address: string;
  readonly port: number;
  readonly isSilent: boolean;
  /** Called once; what it returns gets each connection as soon as the machine answers. */
  readonly accept: (gate: Gate) => (socket: Socket) => void;
}

/**
 * One TCP port of a simulated machine. A silent machine accepts connections and leaves them alone; one that goes
 * away drops them all.
 * @throws Error when the address is taken.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const gate = new Gate(options.isSilent);
  const accept = options.accept(gate);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The peer may reset at any moment: that is no error of the lab.
    socket.on('error', () => socket.destroy());
    gate.whenOpen(() => {
      if (!socket.destroyed) accept(socket);
    });
  });
  await listen(server, options.port, options.address);
  return {
    gate,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const listen = (server: Server, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: address, backlog: 511 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
