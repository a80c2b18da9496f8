import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { type Arguments, durationMs, isOn } from '../arguments.js';
import type { Client } from '../client.js';
import { ASKS_EACH_NODE, CLIENT_MINOR } from '../client-version.js';
import { readInsecureTarget, readTarget } from '../config.js';
import { normalConfig, patchConfig } from '../config-patch.js';
import { CommandError, joined, RpcError } from '../errors.js';
import { RESOURCE_RESPONSE } from '../messages.js';
import { APPLY_RESPONSE } from '../order-messages.js';
import { bytesField, type MessageOf, numberField, stringField } from '../protobuf.js';
import { checkVersions } from '../version-check.js';
import { type Call, type Command, expectOperands, print, withClient } from './command.js';

const MODES = ['reboot', 'auto', 'no-reboot', 'staged', 'try'];
const TRY_MS = 60_000;

/** talos.md §4.4: 1.14 has no `reboot`. @throws CommandError in pflag's words. */
function modeOf({ flags }: Arguments): number {
  const mode = flags.get('mode') ?? 'auto';
  const known = CLIENT_MINOR >= 14 ? MODES.filter((each) => each !== 'reboot') : MODES;
  if (known.includes(mode)) return MODES.indexOf(mode);
  throw new CommandError(
    `invalid argument "${mode}" for "-m, --mode" flag: possible options are: ${[...known].sort().join(', ')}`,
  );
}

function applyRequest(args: Arguments, data: string): Buffer {
  const mode = modeOf(args);
  const seconds = Math.floor(durationMs(args, 'timeout', TRY_MS) / 1000);
  return Buffer.concat([
    bytesField(1, Buffer.from(data)),
    mode === 0 ? Buffer.alloc(0) : numberField(4, mode),
    isOn(args, 'dry-run') ? numberField(5, 1) : Buffer.alloc(0),
    bytesField(6, numberField(1, seconds)),
  ]);
}

type Applied = MessageOf<typeof APPLY_RESPONSE>['messages'];

function say(messages: Applied): void {
  for (const { warnings, modeDetails } of messages) {
    for (const text of warnings) process.stderr.write(`WARNING: ${text}\n`);
    if (modeDetails !== '') process.stderr.write(`${modeDetails}\n`);
  }
}

/** `-p` may be given several times: one line each. */
const patchesOf = ({ flags }: Arguments, name: string): readonly string[] =>
  flags.has(name) ? (flags.get(name) ?? '').split('\u0000') : [];

async function applyConfig(call: Call): Promise<void> {
  const { args, operands } = call;
  if (operands.length > 0) throw new CommandError('expected no positional arguments');
  const path = args.flags.get('file') ?? '';
  if (path === '') throw new CommandError('no filename supplied for configuration');
  const text = contentOf(path);
  if (text === '') throw new CommandError('no configuration data read');
  const patches = patchesOf(args, 'config-patch');
  const request = applyRequest(args, patches.length === 0 ? text : patchConfig(text, patches));
  const target = isOn(args, 'insecure') ? readInsecureTarget(args) : readTarget(args);
  await withClient(call, (client) => applyTo(client, request), target);
}

async function applyTo(client: Client, request: Buffer): Promise<void> {
  const errors: string[] = [];
  // Up to 1.13 the nodes are the endpoints, and one of them is asked (talos.md §4.4).
  const { nodes, isInsecure } = client.target;
  for (const node of isInsecure && !ASKS_EACH_NODE ? nodes.slice(0, 1) : nodes) {
    try {
      if (!ASKS_EACH_NODE && !isInsecure) {
        const purpose = 'error applying new configuration';
        say(await client.ask('ApplyConfiguration', APPLY_RESPONSE, request, purpose));
        return;
      }
      const bytes = await client.askNode(
        node,
        'machine.MachineService/ApplyConfiguration',
        request,
      );
      say(APPLY_RESPONSE.decode(bytes).messages);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      errors.push(
        ASKS_EACH_NODE
          ? `${node}: error applying configuration: ${error.message}`
          : `error applying new configuration: ${error.message}`,
      );
    }
  }
  if (errors.length > 0) throw joined(errors);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandError(
      `failed to read configuration from "${path}": open ${path}: no such file or directory`,
    );
  }
}

const MACHINE_CONFIG = 'MachineConfigs.config.talos.dev';

async function activeConfig(client: Client, node: string): Promise<string> {
  const message = Buffer.concat([
    stringField(1, 'config'),
    stringField(2, MACHINE_CONFIG),
    stringField(3, 'v1alpha1'),
  ]);
  const { resource } = RESOURCE_RESPONSE.decode(await client.getResource(node, message));
  // All documents are one string (talos: config.MachineConfig, MarshalYAML).
  const spec: unknown = parse(resource?.spec?.yamlSpec ?? '');
  return typeof spec === 'string' ? spec : (resource?.spec?.yamlSpec ?? '');
}

const withoutComments = (text: string): string => text.replace(/^\s*#.*$/gm, '').trim();

async function patch(call: Call): Promise<void> {
  const { args } = call;
  const file = args.flags.get('patch-file');
  const patches = [...patchesOf(args, 'patch'), ...(file === undefined ? [] : [`@${file}`])];
  if (patches.length === 0) {
    throw new CommandError('either --patch or --patch-file should be defined');
  }
  modeOf(args);
  await withClient(call, async (client) => {
    await checkVersions(client);
    for (const node of client.target.nodes) {
      const body = await activeConfig(client, node);
      const patched = patchConfig(body, patches);
      const request = applyRequest(args, patched);
      let failure: unknown = null;
      let messages: Applied = [];
      try {
        const path = 'machine.MachineService/ApplyConfiguration';
        ({ messages } = APPLY_RESPONSE.decode(await client.askNode(node, path, request)));
      } catch (error) {
        failure = error;
      }
      // The answer of an apply that changes nothing is thrown away, its failure, too.
      if (withoutComments(patched) === withoutComments(normalConfig(body))) {
        process.stderr.write('Apply was skipped: no changes detected.\n');
        continue;
      }
      process.stderr.write(`patched ${MACHINE_CONFIG}/v1alpha1 at the node ${node}\n`);
      say(messages);
      if (failure !== null) throw failure;
    }
  });
}

/** Local: no cluster is asked. */
async function patchFile({ args, operands }: Call): Promise<void> {
  expectOperands(operands, 1);
  const [path = ''] = operands;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CommandError(`open ${path}: no such file or directory`);
  }
  const patched = patchConfig(text, patchesOf(args, 'patch'));
  const output = args.flags.get('output') ?? '';
  if (output === '') {
    print(`${patched}\n`);
    return;
  }
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, patched, { mode: 0o644 });
}

const APPLY_FLAGS = {
  mode: 'value',
  'dry-run': 'switch',
  timeout: 'value',
} as const;

export const APPLY_COMMANDS: readonly Command[] = [
  ...['apply-config', 'apply'].map(
    (name): Command => ({
      names: [name],
      usage: `${name} [flags]`,
      flags: {
        flags: {
          ...APPLY_FLAGS,
          file: 'value',
          insecure: 'switch',
          'config-patch': 'values',
          'cert-fingerprint': 'value',
        },
        shorts: { f: 'file', m: 'mode', i: 'insecure', p: 'config-patch' },
      },
      run: applyConfig,
    }),
  ),
  ...['machineconfig', 'mc'].map(
    (kind): Command => ({
      names: ['patch', kind],
      usage: `patch ${kind} [flags]`,
      flags: {
        flags: { ...APPLY_FLAGS, patch: 'values', 'patch-file': 'value', namespace: 'value' },
        shorts: { m: 'mode', p: 'patch' },
      },
      run: patch,
    }),
  ),
  ...['machineconfig', 'mc'].map(
    (kind): Command => ({
      names: [kind, 'patch'],
      usage: `${kind} patch <file> [flags]`,
      flags: { flags: { patch: 'values', output: 'value' }, shorts: { p: 'patch', o: 'output' } },
      run: patchFile,
    }),
  ),
];
