import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { durationMs, isOn, listOf } from '../arguments.js';
import { needOneNode } from '../client.js';
import { type ConfigFile, type ContextFile, configPath, readTarget } from '../config.js';
import { CommandError } from '../errors.js';
import { CLIENT_CONFIGURATION_RESPONSE } from '../messages.js';
import { bytesField, numberField, stringField } from '../protobuf.js';
import { table } from '../table.js';
import {
  changeConfig,
  changeContext,
  needContext,
  openConfig,
  writeConfig,
} from '../talosconfig-file.js';
import { type Call, type Command, expectOperands, NO_FLAGS, print, withClient } from './command.js';

const trimmed = (operands: readonly string[]): readonly string[] =>
  operands.map((operand) => operand.trim());

async function setEndpoints({ args, operands }: Call): Promise<void> {
  if (operands.length === 0) {
    throw new CommandError('requires at least 1 arg(s), only received 0');
  }
  changeContext(args, { endpoints: trimmed(operands) });
}

async function setNodes({ args, operands }: Call): Promise<void> {
  changeContext(args, { nodes: trimmed(operands) });
}

async function useContext({ args, operands }: Call): Promise<void> {
  expectOperands(operands, 1);
  const [name = ''] = operands;
  changeConfig(args, (config) => {
    needContext(config, name === '' ? (config.context ?? '') : name);
    return { ...config, context: name };
  });
}

async function listContexts({ args }: Call): Promise<void> {
  const config = openConfig(configPath(args));
  const rows = Object.entries(config.contexts ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { endpoints, nodes }]) => [
      name === config.context ? '*' : '',
      name,
      (endpoints ?? []).join(','),
      shortened(nodes ?? []),
    ]);
  print(table([['CURRENT', 'NAME', 'ENDPOINTS', 'NODES'], ...rows]));
}

const shortened = (nodes: readonly string[]): string =>
  nodes.length > 3 ? `${nodes.slice(0, 3).join(',')}...` : nodes.join(',');

async function mergeConfig({ args, operands }: Call): Promise<void> {
  const [from] = operands;
  if (from === undefined) throw new CommandError('requires at least 1 arg(s), only received 0');
  changeConfig(args, (config) => merged(config, openConfig(from)));
}

/** clientconfig.Config.Merge: what comes becomes the current context, too. */
function merged(config: ConfigFile, other: ConfigFile): ConfigFile {
  const contexts: Record<string, ContextFile> = { ...config.contexts };
  const names = new Map<string, string>();
  for (const [name, context] of Object.entries(other.contexts ?? {})) {
    const free = freeName(contexts, name);
    if (free !== name) {
      const words = `${JSON.stringify(name)} -> ${JSON.stringify(free)}`;
      process.stderr.write(`renamed talosconfig context ${words}\n`);
    }
    names.set(name, free);
    contexts[free] = context;
  }
  const current = other.context ?? '';
  return {
    context: current === '' ? (config.context ?? '') : (names.get(current) ?? ''),
    contexts,
  };
}

function freeName(contexts: Readonly<Record<string, unknown>>, name: string): string {
  if (contexts[name] === undefined) return name;
  let number = 1;
  while (contexts[`${name}-${number}`] !== undefined) number += 1;
  return `${name}-${number}`;
}

function fileBase64(path: string, what: string): string {
  try {
    return readFileSync(path).toString('base64');
  } catch {
    throw new CommandError(`error reading ${what}: open ${path}: no such file or directory`);
  }
}

async function addContext({ args, operands }: Call): Promise<void> {
  expectOperands(operands, 1);
  const [name = ''] = operands;
  const told = (flag: string): string => args.flags.get(flag) ?? '';
  const [ca, crt, key] = [told('ca'), told('crt'), told('key')];
  changeConfig(args, (config) => {
    const authority = ca === '' ? {} : { ca: fileBase64(ca, 'CA') };
    if ((crt === '') !== (key === '')) {
      throw new CommandError("if either the 'crt' or 'key' flag is specified, both are required");
    }
    const pair =
      crt === '' ? {} : { crt: fileBase64(crt, 'certificate'), key: fileBase64(key, 'key') };
    const context = { endpoints: [], ...authority, ...pair };
    return { ...config, contexts: { ...config.contexts, [name]: context } };
  });
}

const asPattern = (glob: string): RegExp =>
  new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

/** Without a terminal nobody can say yes: only `-y` removes anything here. */
async function removeContexts({ args, operands }: Call): Promise<void> {
  expectOperands(operands, 1);
  const [glob = ''] = operands;
  if (glob === '') throw new CommandError('no context specified');
  changeConfig(args, (config) => {
    const names = Object.keys(config.contexts ?? {}).sort();
    if (names.length === 0) throw new CommandError('no contexts defined');
    const matches = names.filter((name) => asPattern(glob).test(name));
    if (matches.length === 0) {
      throw new CommandError(`no contexts matched ${JSON.stringify(glob)}`);
    }
    const gone = matches.filter((name) => isRemoved(name, config, isOn(args, 'noconfirm')));
    if (gone.length === 0 || isOn(args, 'dry-run')) return null;
    const left = Object.entries(config.contexts ?? {}).filter(([name]) => !gone.includes(name));
    return { ...config, contexts: Object.fromEntries(left) };
  });
}

function isRemoved(name: string, config: ConfigFile, isConfirmed: boolean): boolean {
  const quoted = JSON.stringify(name);
  if (name === config.context) {
    process.stderr.write(
      `skipping removal of current context ${quoted}, please change it to another before removing\n`,
    );
    return false;
  }
  if (isConfirmed) process.stderr.write(`removing context ${quoted}\n`);
  else print(`remove context ${quoted}? (y/N): `);
  return isConfirmed;
}

const YEAR_MS = 365 * 24 * 3_600_000;
/** pkg/machinery/role */
const ROLES = ['os:admin', 'os:operator', 'os:reader', 'os:etcd:backup', 'os:impersonator'];

/** The cluster signs a new pair. */
async function newConfig(call: Call): Promise<void> {
  const { args, operands } = call;
  if (operands.length > 1) {
    throw new CommandError(`accepts between 0 and 1 arg(s), received ${operands.length}`);
  }
  const path = operands[0] ?? 'talosconfig';
  const target = readTarget(args);
  needOneNode(target, 'config new');
  const roles = listOf(args.flags.get('roles') ?? 'os:admin').toSorted();
  const wrong = roles.filter((role) => !ROLES.includes(role));
  if (wrong.length > 0) throw new CommandError(`unknown roles: ${wrong.join(', ')}`);
  if (existsSync(path)) {
    throw new CommandError(`talosconfig file already exists: ${JSON.stringify(path)}`);
  }
  const request = Buffer.concat([
    ...roles.map((role) => stringField(1, role)),
    bytesField(2, numberField(1, durationMs(args, 'crt-ttl', YEAR_MS) / 1000)),
  ]);
  await withClient(call, async (client) => {
    const bytes = await client.askOne('GenerateClientConfiguration', request, '');
    const [message] = CLIENT_CONFIGURATION_RESPONSE.decode(bytes).messages;
    const config = parse(message?.talosconfig.toString('utf8') ?? '') as ConfigFile;
    const name = config.context ?? '';
    const context = { ...config.contexts?.[name], endpoints: target.endpoints };
    writeConfig(path, { ...config, contexts: { ...config.contexts, [name]: context } });
  });
}

const command = (
  words: readonly string[],
  usage: string,
  run: Command['run'],
  flags: Command['flags'] = NO_FLAGS,
): readonly Command[] =>
  words.map((word) => ({
    names: ['config', word],
    usage: `config ${word} ${usage}`.trim(),
    flags,
    run,
  }));

export const CONFIG_FILE_COMMANDS: readonly Command[] = [
  ...command(['endpoint', 'endpoints'], '<endpoint>... [flags]', setEndpoints),
  ...command(['node', 'nodes'], '<endpoint>... [flags]', setNodes),
  ...command(['context', 'use-context'], '<context> [flags]', useContext),
  ...command(['contexts', 'get-contexts'], '[flags]', listContexts),
  ...command(['merge'], '<from> [flags]', mergeConfig),
  ...command(['add'], '<context> [flags]', addContext, {
    flags: { ca: 'value', crt: 'value', key: 'value' },
    shorts: {},
  }),
  ...command(['remove'], '<context> [flags]', removeContexts, {
    flags: { noconfirm: 'switch', 'dry-run': 'switch' },
    shorts: { y: 'noconfirm' },
  }),
  ...command(['new'], '[<path>] [flags]', newConfig, {
    flags: { roles: 'value', 'crt-ttl': 'value' },
    shorts: {},
  }),
];
