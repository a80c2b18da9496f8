import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { OperatorError } from '../../model/errors.js';
import { CONTROL_SOCKET, type LabCommand, type LabReply } from './protocol.js';
import { LabUsageError } from './usage-error.js';

/** sockaddr_un of Linux takes 107 bytes and a zero. */
const LONGEST_SOCKET_PATH = 107;

export interface ControlServer {
  readonly close: () => Promise<void>;
}

export type CommandHandler = (command: LabCommand) => LabReply;

/** @throws LabUsageError when the directory's path is too long for a socket. */
export function controlSocketPath(dir: string): string {
  const path = join(dir, CONTROL_SOCKET);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  throw new LabUsageError(
    `The path of the lab's directory is too long for a socket: ${dir}`,
    'Choose a shorter directory with --dir.',
  );
}

/** Serves `lab do`, `lab advance` and `lab status` to this user only. */
export async function startControlServer(
  dir: string,
  handle: CommandHandler,
): Promise<ControlServer> {
  const path = controlSocketPath(dir);
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that went away before it read its answer is nobody's problem.
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      socket.write(`${JSON.stringify(answer(line, handle))}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function answer(line: string, handle: CommandHandler): LabReply {
  try {
    return handle(JSON.parse(line) as LabCommand);
  } catch (error) {
    if (error instanceof OperatorError) {
      return {
        isOk: false,
        isUsage: error instanceof LabUsageError,
        message: error.message,
        hint: error.hint,
      };
    }
    const message = error instanceof Error ? error.message : String(error);
    return {
      isOk: false,
      isUsage: false,
      message: `The lab failed: ${message}`,
      hint: 'Restart the lab.',
    };
  }
}
