import { needOneNode } from '../client.js';
import { readTarget } from '../config.js';
import { CommandError } from '../errors.js';
import { DATA } from '../messages.js';
import { stringField } from '../protobuf.js';
import { type Call, type Command, NO_FLAGS, withClient } from './command.js';

async function run(call: Call): Promise<void> {
  const [path] = call.operands;
  if (path === undefined || call.operands.length !== 1) {
    throw new CommandError(`accepts 1 arg(s), received ${call.operands.length}`);
  }
  needOneNode(readTarget(call.args), 'read');
  await withClient(call, async (client) => {
    for await (const frame of client.streamMachine('Read', stringField(1, path))) {
      const { metadata, bytes } = DATA.decode(frame);
      if (metadata !== null && metadata.error !== '') {
        throw new CommandError(`error reading: ${metadata.error}`);
      }
      process.stdout.write(bytes);
    }
  });
}

export const READ: Command = {
  names: ['read'],
  usage: 'read <path>',
  flags: NO_FLAGS,
  run,
};
