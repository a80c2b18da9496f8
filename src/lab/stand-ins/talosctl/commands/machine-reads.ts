import { isOn } from '../arguments.js';
import { CommandError } from '../errors.js';
import { DATA } from '../messages.js';
import { MOUNTS_RESPONSE } from '../order-messages.js';
import { numberField } from '../protobuf.js';
import { table } from '../table.js';
import { type Call, type Command, NO_FLAGS, print, withClient } from './command.js';

const gigabytes = (bytes: number): string => (bytes * 1e-9).toFixed(2);

async function mounts(call: Call): Promise<void> {
  await withClient(call, async (client) => {
    const answers = await client.ask(
      'Mounts',
      MOUNTS_RESPONSE,
      Buffer.alloc(0),
      'error getting mount information',
    );
    const rows = answers.flatMap(({ node, stats }) =>
      stats
        .filter(({ size }) => size > 0)
        .map(({ filesystem, size, available, mountedOn }) => [
          node,
          filesystem,
          gigabytes(size),
          gigabytes(size - available),
          gigabytes(available),
          `${(100 - 100 * (available / size)).toFixed(2)}%`,
          mountedOn,
        ]),
    );
    const header = ['FILESYSTEM', 'SIZE(GB)', 'USED(GB)', 'AVAILABLE(GB)', 'PERCENT USED'];
    print(table([['NODE', ...header, 'MOUNTED ON'], ...rows]));
  });
}

async function dmesg(call: Call): Promise<void> {
  const { args } = call;
  const request = Buffer.concat([
    isOn(args, 'follow') ? numberField(1, 1) : Buffer.alloc(0),
    isOn(args, 'tail') ? numberField(2, 1) : Buffer.alloc(0),
  ]);
  await withClient(call, async (client) => {
    try {
      for await (const frame of client.streamMachine('Dmesg', request)) {
        const { metadata, bytes } = DATA.decode(frame);
        if (metadata !== null && metadata.error !== '') throw new CommandError(metadata.error);
        const node = metadata?.hostname || client.target.nodes[0] || '';
        if (bytes.length > 0) print(`${node}: ${bytes.toString('utf8')}`);
      }
    } catch (error) {
      if (!call.interruption.hasHappened) throw error;
    }
  });
}

export const MACHINE_READS: readonly Command[] = [
  { names: ['mounts'], usage: 'mounts', flags: NO_FLAGS, run: mounts },
  { names: ['mount'], usage: 'mount', flags: NO_FLAGS, run: mounts },
  {
    names: ['dmesg'],
    usage: 'dmesg [flags]',
    flags: { flags: { follow: 'switch', tail: 'switch' }, shorts: { f: 'follow' } },
    run: dmesg,
  },
];
