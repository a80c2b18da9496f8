import { type Arguments, type CommandFlags, durationMs, isOn, listOf } from '../arguments.js';
import { Client } from '../client.js';
import { CLIENT_MINOR } from '../client-version.js';
import { insecureTarget } from '../config.js';
import { CommandError } from '../errors.js';
import { nodeDrain } from '../node-drain.js';
import { ACTOR_RESPONSE } from '../order-messages.js';
import { bytesField, numberField, stringField } from '../protobuf.js';
import { Reporter } from '../reporter.js';
import { hasRebooted, isMachineReady, isStopping, type TrackedAction, track } from '../tracker.js';
import { checkVersions } from '../version-check.js';
import { type Call, type Command, NO_FLAGS, withClient } from './command.js';

const HALF_HOUR_MS = 30 * 60_000;
const DRAIN_MS = 5 * 60_000;

/** talos: track.go. */
export const TRACK_FLAGS = { wait: 'switch', debug: 'switch', timeout: 'value' } as const;

export const trackTimeoutMs = (args: Arguments): number =>
  durationMs(args, 'timeout', HALF_HOUR_MS);

export const drainTimeoutMs = (args: Arguments): number =>
  durationMs(args, 'drain-timeout', DRAIN_MS);

const waits = ({ args }: Call): boolean =>
  isOn(args, 'wait', true) || isOn(args, 'debug') || isOn(args, 'drain');

/** An order without waiting. @throws CommandError. */
async function send(call: Call, method: string, message: Buffer, name: string): Promise<void> {
  await withClient(call, async (client) => {
    await checkVersions(client);
    await client.ask(method, ACTOR_RESPONSE, message, `error executing ${name}`);
  });
}

const acting =
  (method: string, message: Buffer): TrackedAction['act'] =>
  async (client, node) => {
    const bytes = await client.askNode(node, `machine.MachineService/${method}`, message);
    return ACTOR_RESPONSE.decode(bytes).messages[0]?.actorId ?? '';
  };

const REBOOT_MODES = ['default', 'powercycle', 'force'];

/** @throws CommandError in the words of this client's generation. */
export function rebootModeOf(args: Arguments, flag: string, count: number): number {
  const mode = (args.flags.get(flag) ?? 'default').toLowerCase();
  const known = REBOOT_MODES.slice(0, count);
  const position = known.indexOf(mode);
  if (position >= 0) return position;
  const short = `-m, --${flag}`;
  throw new CommandError(
    CLIENT_MINOR >= 13
      ? `invalid argument "${mode}" for "${short}" flag: must be one of [${[...known].sort().join(' ')}]`
      : `invalid reboot mode: ${flag === 'mode' ? JSON.stringify(mode) : mode}`,
  );
}

export const rebootAction = (mode: number, timeoutMs: number): TrackedAction => ({
  act: acting('Reboot', mode === 0 ? Buffer.alloc(0) : numberField(1, mode)),
  isReached: isMachineReady,
  isProved: hasRebooted,
  timeoutMs,
});

async function reboot(call: Call): Promise<void> {
  const { args } = call;
  const mode = rebootModeOf(args, 'mode', REBOOT_MODES.length);
  if (!waits(call)) {
    await send(call, 'Reboot', mode === 0 ? Buffer.alloc(0) : numberField(1, mode), 'reboot');
    return;
  }
  const action = rebootAction(mode, trackTimeoutMs(args));
  if (!isOn(args, 'drain')) {
    await track(call, action);
    return;
  }
  const drain = nodeDrain(call, new Reporter());
  const drained = await drain.drain(drainTimeoutMs(args));
  try {
    await track(call, action);
  } finally {
    await drain.uncordon(drained, trackTimeoutMs(args));
  }
}

async function shutdown(call: Call): Promise<void> {
  const message = isOn(call.args, 'force') ? numberField(1, 1) : Buffer.alloc(0);
  if (!waits(call)) await send(call, 'Shutdown', message, 'shutdown');
  else {
    await track(call, {
      act: acting('Shutdown', message),
      isReached: isStopping,
      timeoutMs: trackTimeoutMs(call.args),
    });
  }
}

const WIPE_MODES = ['all', 'system-disk', 'user-disks'];

function resetRequest(args: Arguments): Buffer {
  const mode = args.flags.get('wipe-mode') ?? 'all';
  if (!WIPE_MODES.includes(mode)) {
    throw new CommandError(
      `invalid argument "${mode}" for "--wipe-mode" flag: possible options are: ${WIPE_MODES.join(', ')}`,
    );
  }
  const flag = (position: number, value: boolean): Buffer =>
    value ? numberField(position, 1) : Buffer.alloc(0);
  return Buffer.concat([
    flag(1, isOn(args, 'graceful', true)),
    flag(2, isOn(args, 'reboot')),
    ...listOf(args.flags.get('system-labels-to-wipe')).map((label) =>
      bytesField(3, Buffer.concat([stringField(1, label), numberField(2, 1)])),
    ),
    ...listOf(args.flags.get('user-disks-to-wipe')).map((disk) => stringField(4, disk)),
    mode === 'all' ? Buffer.alloc(0) : numberField(5, WIPE_MODES.indexOf(mode)),
  ]);
}

/** In maintenance mode anybody may ask for the disks: the reset has succeeded. */
async function isReset(call: Call, node: string): Promise<boolean> {
  const client = new Client(insecureTarget([node]), call.interruption);
  try {
    await client.askNode(node, 'storage.StorageService/Disks', Buffer.alloc(0));
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  } finally {
    client.close();
  }
}

async function reset(call: Call): Promise<void> {
  const { args } = call;
  const request = resetRequest(args);
  if (!waits(call)) {
    await send(call, 'Reset', request, 'reset');
    return;
  }
  const action: TrackedAction = {
    act: acting('Reset', request),
    isReached: isStopping,
    timeoutMs: trackTimeoutMs(args),
  };
  const isProved: TrackedAction['isProved'] = async (client, node, before) =>
    (await isReset(call, node)) || hasRebooted(client, node, before);
  await track(call, isOn(args, 'reboot') ? { ...action, isProved } : action);
}

async function rollback(call: Call): Promise<void> {
  await withClient(call, async (client) => {
    await client.ask(
      'Rollback',
      ACTOR_RESPONSE,
      Buffer.alloc(0),
      'error executing rollback',
      'error executing rollback on node',
    );
  });
}

const DRAIN_FLAGS: CommandFlags['flags'] =
  CLIENT_MINOR >= 13 ? { drain: 'switch', 'drain-timeout': 'value', progress: 'value' } : {};

const named = (
  name: string,
  flags: CommandFlags['flags'],
  shorts: CommandFlags['shorts'],
  run: Command['run'],
): Command => ({ names: [name], usage: `${name} [flags]`, flags: { flags, shorts }, run });

export const ORDER_COMMANDS: readonly Command[] = [
  named('reboot', { ...TRACK_FLAGS, mode: 'value', ...DRAIN_FLAGS }, { m: 'mode' }, reboot),
  named('shutdown', { ...TRACK_FLAGS, force: 'switch' }, {}, shutdown),
  named(
    'reset',
    {
      ...TRACK_FLAGS,
      graceful: 'switch',
      reboot: 'switch',
      'wipe-mode': 'value',
      'system-labels-to-wipe': 'value',
      'user-disks-to-wipe': 'value',
    },
    {},
    reset,
  ),
  { names: ['rollback'], usage: 'rollback', flags: NO_FLAGS, run: rollback },
];
