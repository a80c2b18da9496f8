import { createServer, type Socket, type Server as TcpServer } from 'node:net';

export type Reception = 'answers' | 'silent' | 'refused';

/**
 * Of real time: between the last word of a shutdown and the end of the power a real machine takes seconds. Where time
 * runs faster, what has been said would be lost on its way.
 */
const LAST_WORDS_MS = 40;

interface ListenerOptions {
  readonly address: string;
  readonly port: number;
  /** Hands a connection to whoever answers here. */
  readonly accept: (socket: Socket) => void;
  readonly onError: (error: Error) => void;
}

/** A TCP port that can be closed, open, or open and dead: connections are taken and nothing is said. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  #server: TcpServer | null = null;
  #reception: Reception = 'refused';

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Resolves when the port is open or closed; the change itself happens at once. */
  set(reception: Reception): Promise<void> {
    this.#reception = reception;
    if (reception === 'refused') return this.#close();
    if (reception === 'answers') this.#admit();
    return this.#open();
  }

  /** Ends what has been accepted; whoever still waits goes to the next that answers. */
  dropAccepted(): void {
    for (const socket of this.#sockets) if (!this.#waiting.has(socket)) socket.destroy();
  }

  #open(): Promise<void> {
    if (this.#server !== null) return Promise.resolve();
    const server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#options.port, this.#options.address, () => {
        server.off('error', reject);
        server.on('error', this.#options.onError);
        resolve();
      });
    });
  }

  #close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    const leaving = [...this.#sockets];
    this.#sockets.clear();
    this.#waiting.clear();
    if (leaving.length > 0) {
      setTimeout(() => {
        for (const socket of leaving) socket.destroy();
      }, LAST_WORDS_MS);
    }
    if (server === null) return Promise.resolve();
    return new Promise((resolve) => {
      server.close(() => resolve());
    });
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(socket);
    });
    if (this.#reception === 'answers') this.#options.accept(socket);
    else this.#waiting.add(socket);
  }

  /** The machine woke up: it now reads what was sent to it meanwhile. */
  #admit(): void {
    for (const socket of this.#waiting) this.#options.accept(socket);
    this.#waiting.clear();
  }
}
