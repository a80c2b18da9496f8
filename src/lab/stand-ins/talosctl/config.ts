import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { type Arguments, listOf } from './arguments.js';
import { CommandError, textOf } from './errors.js';

export interface TalosContext {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  /** Keys that the file has, if only with an empty list. */
  readonly listed: readonly ('endpoints' | 'nodes')[];
  /** PEM, as decoded from the file; null when absent. */
  readonly ca: string | null;
  readonly crt: string | null;
  readonly key: string | null;
}

export interface ContextFile {
  readonly endpoints?: readonly string[] | null;
  readonly nodes?: readonly string[] | null;
  readonly ca?: string;
  readonly crt?: string;
  readonly key?: string;
}

export interface ConfigFile {
  readonly context?: string;
  readonly contexts?: Readonly<Record<string, ContextFile>> | null;
}

export function configPath(args: Arguments): string {
  const explicit = args.flags.get('talosconfig') ?? process.env.TALOSCONFIG;
  if (explicit !== undefined && explicit !== '') return explicit;
  const home = process.env.TALOS_HOME ?? join(homedir(), '.talos');
  const path = join(home, 'config');
  const mounted = '/var/run/secrets/talos.dev/config';
  return !existsSync(path) && existsSync(mounted) ? mounted : path;
}

/** A missing file is created, empty: talos.md §1.1. */
export function readConfig(path: string): ConfigFile {
  try {
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, 'context: ""\ncontexts: {}\n', { mode: 0o600 });
    }
    return (parse(readFileSync(path, 'utf8')) as ConfigFile | null) ?? {};
  } catch (error) {
    throw new CommandError(`failed to open config file "${path}": ${textOf(error)}`);
  }
}

/** For the commands on the file itself. @throws CommandError when the context does not exist. */
export function readContext(args: Arguments): TalosContext {
  const config = readConfig(configPath(args));
  const name = args.flags.get('context') ?? config.context ?? '';
  const found = config.contexts?.[name];
  if (found !== undefined) return contextOf(name, found);
  throw new CommandError(name === '' ? 'no context is set' : `context "${name}" is not defined`);
}

const contextOf = (name: string, found: ContextFile): TalosContext => ({
  name,
  endpoints: found.endpoints ?? [],
  nodes: found.nodes ?? [],
  listed: (['endpoints', 'nodes'] as const).filter((key) => Array.isArray(found[key])),
  ca: decoded(found.ca),
  crt: decoded(found.crt),
  key: decoded(found.key),
});

const decoded = (base64: string | undefined): string | null =>
  base64 === undefined ? null : Buffer.from(base64, 'base64').toString('utf8');

export interface Target {
  readonly context: TalosContext;
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  /** Maintenance mode: no certificates, the nodes themselves are the endpoints, nothing is routed. */
  readonly isInsecure: boolean;
}

/** talos: WithClientMaintenance. @throws CommandError without `--nodes`. */
export function readInsecureTarget(args: Arguments): Target {
  const nodes = listOf(args.flags.get('nodes'));
  if (nodes.length === 0) throw new CommandError('failed to determine endpoints');
  return insecureTarget(nodes);
}

export const insecureTarget = (nodes: readonly string[]): Target => ({
  context: NOBODY,
  endpoints: nodes,
  nodes,
  isInsecure: true,
});

const NOBODY: TalosContext = {
  name: '',
  endpoints: [],
  nodes: [],
  listed: [],
  ca: null,
  crt: null,
  key: null,
};

/** Endpoints first, then the context, then nodes, as the client is made. @throws CommandError without one of them. */
export function readTarget(args: Arguments, needsNodes = true): Target {
  const config = readConfig(configPath(args));
  const override = args.flags.get('context');
  const name = override ?? config.context ?? '';
  const found = config.contexts?.[name];
  const given = listOf(args.flags.get('endpoints'));
  const endpoints = given.length > 0 ? given : (found?.endpoints ?? []);
  if (endpoints.length === 0) {
    throw new CommandError('error constructing client: failed to determine endpoints');
  }
  if (found === undefined) throw noContext(config, override);
  const context = contextOf(name, found);
  const chosen = listOf(args.flags.get('nodes'));
  const nodes = chosen.length > 0 ? chosen : context.nodes;
  if (needsNodes && nodes.length === 0) {
    throw new CommandError(
      'nodes are not set for the command: please use `--nodes` flag or configuration file to set the nodes to run the command against',
    );
  }
  return { context, endpoints, nodes, isInsecure: false };
}

/** pkg/machinery/client/client.go */
function noContext(config: ConfigFile, override: string | undefined): CommandError {
  const isEmpty = Object.keys(config.contexts ?? {}).length === 0;
  const missing = isEmpty
    ? 'talos config file is empty'
    : `default context "${config.context ?? ''}" not found in config`;
  const reason = override === undefined ? missing : `context "${override}" not found in config`;
  return new CommandError(
    `error constructing client: failed to create client connection: failed to resolve configuration context: ${reason}`,
  );
}
