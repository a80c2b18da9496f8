import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { ClientError } from '../../model/errors.js';
import { controlSocketPath } from './control-server.js';
import type { LabCommand, LabReply } from './protocol.js';
import { LabUsageError } from './usage-error.js';

export type LabAnswer = Extract<LabReply, { readonly isOk: true }>;

/**
 * Orders something from the lab that runs in `dir`.
 * @throws LabUsageError when the words are wrong, ClientError when no lab runs there.
 */
export async function sendToLab(dir: string, command: LabCommand): Promise<LabAnswer> {
  const socket = await open(dir);
  try {
    socket.write(`${JSON.stringify(command)}\n`);
    const lines = createInterface({ input: socket });
    const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
    if (line === undefined) {
      throw new ClientError(
        'unreachable',
        `The lab in ${dir} went away while it was asked.`,
        `Start it again: talos-tui lab up --dir ${dir}.`,
      );
    }
    return accepted(JSON.parse(line) as LabReply);
  } finally {
    socket.destroy();
  }
}

function accepted(reply: LabReply): LabAnswer {
  if (reply.isOk) return reply;
  if (reply.isUsage) throw new LabUsageError(reply.message, reply.hint);
  throw new ClientError('rejected', reply.message, reply.hint);
}

async function open(dir: string): Promise<Socket> {
  const socket = connect(controlSocketPath(dir));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (cause) {
    throw new ClientError(
      'unreachable',
      `No lab runs in ${dir}.`,
      `Start one: talos-tui lab up --dir ${dir}.`,
      { cause },
    );
  }
}
