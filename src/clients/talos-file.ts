import { z } from 'zod';
import { ClientError } from '../model/errors.js';
import { talosCallError, talosMalformed } from './talos-errors.js';

/** Whatever is larger is no fact, and machined would send it to the end. */
const MAX_FILE_BYTES = 64 * 1024;

const chunk = z.object({
  bytes: z.instanceof(Uint8Array),
  metadata: z.object({ error: z.string() }).nullable(),
});

/** Puts a file together from what machine.MachineService/Read streams. */
export interface FileReader {
  /** What is wrong with a message; counts what has come so far. */
  readonly refuse: (message: unknown) => ClientError | null;
  /** @throws ClientError malformed */
  readonly text: (messages: readonly unknown[]) => string;
}

export function createFileReader(path: string, node: string): FileReader {
  let size = 0;
  return {
    refuse(message) {
      const data = chunk.safeParse(message).data;
      if (data === undefined) return talosMalformed(node, `${path}: a message without content`);
      // In the last frame of a stream that was asked of several nodes (talos@1.9 … main: apid).
      const failure = data.metadata?.error;
      if (failure) return talosCallError(node, { code: 2, details: failure });
      size += data.bytes.length;
      return size > MAX_FILE_BYTES ? tooLarge(path, node) : null;
    },
    text: (messages) =>
      Buffer.concat(messages.map((message) => chunk.parse(message).bytes)).toString('utf8'),
  };
}

const tooLarge = (path: string, node: string): ClientError =>
  new ClientError(
    'rejected',
    `${node}: ${path} is larger than ${MAX_FILE_BYTES / 1024} KiB`,
    `Read it by hand: \`talosctl -n ${node} read ${path}\`.`,
  );
