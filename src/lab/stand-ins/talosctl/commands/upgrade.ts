import { type Arguments, type CommandFlags, isOn } from '../arguments.js';
import type { Client } from '../client.js';
import { CLIENT_MINOR, CLIENT_VERSION } from '../client-version.js';
import { CommandError, prefixedError, SaidError } from '../errors.js';
import { containerdInstance, namespaceOf, pullImage } from '../image-pull.js';
import { nodeDrain } from '../node-drain.js';
import { INSTALL_FRAME, UPGRADE_RESPONSE } from '../order-messages.js';
import { bytesField, numberField, stringField } from '../protobuf.js';
import { Reporter } from '../reporter.js';
import { table } from '../table.js';
import { hasRebooted, isMachineReady, track } from '../tracker.js';
import { checkVersions, compareVersions, versionOf } from '../version-check.js';
import { type Call, type Command, print, withClient } from './command.js';
import {
  drainTimeoutMs,
  rebootAction,
  rebootModeOf,
  TRACK_FLAGS,
  trackTimeoutMs,
} from './orders.js';

const DEPRECATED = ['force', 'insecure', 'preserve', 'stage'];
/** talos: `>1.13.0-alpha.2`. */
const FIRST_WITH_LIFECYCLE = 'v1.13.0';

/** talos.md §4.1: never what anybody wants. */
const DEFAULT_IMAGE =
  CLIENT_MINOR >= 14
    ? `factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:${CLIENT_VERSION}`
    : `ghcr.io/siderolabs/installer:${CLIENT_VERSION}`;

const imageOf = ({ flags }: Arguments): string => flags.get('image') ?? DEFAULT_IMAGE;

async function run(call: Call): Promise<void> {
  const { args } = call;
  if (CLIENT_MINOR < 13) {
    await legacy(call);
    return;
  }
  for (const name of DEPRECATED.filter((each) => args.flags.has(each))) {
    process.stderr.write(
      `Flag --${name} has been deprecated, legacy flag for MachineService.Upgrade fallback, to be removed in Talos 1.18\n`,
    );
  }
  if (isOn(args, 'legacy')) {
    process.stderr.write(
      'WARNING: Forcing use of legacy upgrade method. This flag is deprecated and will be removed in Talos 1.18.\n',
    );
    await legacy(call);
  } else await modern(call);
}

function legacyRequest(args: Arguments): Buffer {
  const flag = (position: number, name: string): Buffer =>
    isOn(args, name) ? numberField(position, 1) : Buffer.alloc(0);
  const mode = rebootModeOf(args, 'reboot-mode', 2);
  return Buffer.concat([
    stringField(1, imageOf(args)),
    flag(2, 'preserve'),
    flag(3, 'stage'),
    flag(4, 'force'),
    mode === 0 ? Buffer.alloc(0) : numberField(5, mode),
  ]);
}

/** The node does it all by itself, and is watched or not. */
async function legacy(call: Call): Promise<void> {
  const { args } = call;
  const request = legacyRequest(args);
  const waits = isOn(args, 'wait', true) || isOn(args, 'debug') || isOn(args, 'drain', false);
  if (!waits) {
    await legacyWithoutWaiting(call, request);
    return;
  }
  await track(call, {
    act: async (client, node) => {
      const bytes = await client.askNode(node, 'machine.MachineService/Upgrade', request);
      return UPGRADE_RESPONSE.decode(bytes).messages[0]?.actorId ?? '';
    },
    isReached: isMachineReady,
    isProved: hasRebooted,
    timeoutMs: trackTimeoutMs(args),
  });
}

async function legacyWithoutWaiting(call: Call, request: Buffer): Promise<void> {
  await withClient(call, async (client) => {
    await checkVersions(client);
    const answers = await client.ask(
      'Upgrade',
      UPGRADE_RESPONSE,
      request,
      'error performing upgrade',
    );
    const rows = answers.map(({ node, ack }) => [node, ack, goTime(new Date()), '']);
    print(table([['NODE', 'ACK', 'STARTED'], ...rows]));
  });
}

/** time.Time.String, without the monotonic reading. */
const goTime = (time: Date): string =>
  `${time.toISOString().replace('T', ' ').replace('Z', '000000')} +0000 UTC`;

async function speaksLifecycle(client: Client): Promise<boolean> {
  const versions = await Promise.all(
    client.target.nodes.map((node) =>
      versionOf(client, node).catch((error: unknown) => {
        throw prefixedError(
          'error checking Talos version compatibility: error getting server versions',
          error,
        );
      }),
    ),
  );
  return versions.every((version) => compareVersions(version, FIRST_WITH_LIFECYCLE) >= 0);
}

/** talos@1.13: pull, install, drain, reboot, uncordon: each is the client's to ask for. */
async function modern(call: Call): Promise<void> {
  const { args } = call;
  const reporter = new Reporter();
  const isArming = isOn(args, 'no-reboot');
  const drains = isOn(args, 'drain', true) && !isArming;
  const mode = rebootModeOf(args, 'reboot-mode', 3);
  let isModern = true;
  await withClient(call, async (client) => {
    isModern = await speaksLifecycle(client);
    if (isModern) await installEverywhere(client, args, reporter);
  });
  if (!isModern) {
    reporter.report('New upgrade API is not available, falling back to legacy');
    await legacy(call);
    return;
  }
  const drain = nodeDrain(call, reporter);
  const drained = drains ? await drain.drain(drainTimeoutMs(args)) : [];
  try {
    if (!isArming) await restart(call, mode);
  } finally {
    if (drained.length > 0) {
      // talos: the tracker's silence covers this, too.
      await drain.uncordon(drained, trackTimeoutMs(args)).catch((error: unknown) => {
        throw error instanceof CommandError ? new SaidError() : error;
      });
    }
  }
}

async function restart(call: Call, mode: number): Promise<void> {
  const waits =
    isOn(call.args, 'wait', true) || isOn(call.args, 'debug') || isOn(call.args, 'drain', true);
  if (waits) await track(call, rebootAction(mode, trackTimeoutMs(call.args)));
  else {
    await withClient(call, async (client) => {
      await checkVersions(client);
      for (const node of client.target.nodes) {
        const message = mode === 0 ? Buffer.alloc(0) : numberField(1, mode);
        await client.askNode(node, 'machine.MachineService/Reboot', message);
      }
    });
  }
}

async function installEverywhere(
  client: Client,
  args: Arguments,
  reporter: Reporter,
): Promise<void> {
  const image = imageOf(args);
  const namespace = namespaceOf(args, 'system');
  await pullImage(client, namespace, image, reporter).catch((error: unknown) => {
    throw prefixedError('error pulling upgrade image', error);
  });
  const request = Buffer.concat([
    bytesField(1, containerdInstance(namespace)),
    bytesField(2, stringField(1, image)),
  ]);
  const latest = new Map<string, string>();
  const codes = new Map<string, number>();
  const errors: string[] = [];
  const install = async (node: string): Promise<void> => {
    const path = 'machine.LifecycleService/Upgrade';
    for await (const frame of client.streamNode(node, path, request)) {
      const { progress } = INSTALL_FRAME.decode(frame);
      const code = progress?.exitCode ?? null;
      if (code !== null) codes.set(node, code);
      latest.set(node, code === null ? (progress?.message ?? '') : `Exit code: ${code}`);
      const lines = [...latest.keys()].sort().map((each) => `${each}: ${latest.get(each)}\n`);
      reporter.report(lines.join(''));
    }
  };
  await Promise.all(
    client.target.nodes.map((node) =>
      install(node).catch((error: unknown) => {
        if (!(error instanceof CommandError)) throw error;
        errors.push(`error from node ${node}: ${error.message}`);
      }),
    ),
  );
  reporter.report([...codes].map(([node, code]) => endOf(node, code)).join('\n'));
  for (const [node, code] of codes) {
    if (code !== 0) errors.push(`node ${node}: upgrade failed with exit code ${code}`);
  }
  if (errors.length > 0) throw new CommandError(`error during upgrade: ${errors.join('\n')}`);
}

const endOf = (node: string, code: number): string =>
  code === 0 ? `${node}: upgrade completed` : `${node}: upgrade failed with exit code ${code}`;

const COMMON: CommandFlags['flags'] = {
  ...TRACK_FLAGS,
  image: 'value',
  'reboot-mode': 'value',
  force: 'switch',
  preserve: 'switch',
  stage: 'switch',
};

const MODERN: CommandFlags['flags'] = {
  namespace: 'value',
  progress: 'value',
  'no-reboot': 'switch',
  drain: 'switch',
  'drain-timeout': 'value',
  legacy: 'switch',
};

export const UPGRADE: Command = {
  names: ['upgrade'],
  usage: 'upgrade [flags]',
  flags: {
    flags: { ...COMMON, ...(CLIENT_MINOR >= 13 ? MODERN : {}) },
    shorts: { i: 'image', m: 'reboot-mode', f: 'force', p: 'preserve', s: 'stage' },
  },
  run,
};
