/** What a command needs of its process. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves with the signal that asks the command to end in order; never, when a signal ends the process itself. */
  readonly interrupted: () => Promise<NodeJS.Signals>;
}

export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) {
      chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
    }
    return Buffer.concat(chunks).toString('utf8');
  },
  env: process.env,
  // Go's default: a signal ends kubectl where it stands, and leaves the socket of a proxy behind.
  interrupted: () => new Promise(() => {}),
};
