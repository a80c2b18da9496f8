import { writeFileSync } from 'node:fs';
import { toGoYaml, type YamlValue } from '../../talos/go-yaml.js';
import type { Arguments } from './arguments.js';
import { type ConfigFile, type ContextFile, configPath, readConfig } from './config.js';
import { CommandError } from './errors.js';

/** In the order of Go's struct; anything else in the file is lost, as with the real program. */
const CONTEXT_KEYS = ['endpoints', 'nodes', 'ca', 'crt', 'key', 'auth', 'cluster', 'proxy-url'];

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length);

function contextFields(context: ContextFile): YamlValue {
  const fields: Readonly<Record<string, unknown>> = { ...context };
  const entries = CONTEXT_KEYS.flatMap((key) => {
    if (key === 'endpoints') return [[key, fields[key] ?? []] as const];
    return isEmpty(fields[key]) ? [] : [[key, fields[key]] as const];
  });
  return Object.fromEntries(entries) as YamlValue;
}

/** clientconfig.Config.Bytes */
function talosconfigText(config: ConfigFile): string {
  const contexts = Object.entries(config.contexts ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, context]) => [name, contextFields(context)] as const);
  return toGoYaml({ context: config.context ?? '', contexts: Object.fromEntries(contexts) });
}

export const writeConfig = (path: string, config: ConfigFile): void =>
  writeFileSync(path, talosconfigText(config), { mode: 0o600 });

const readingError = (error: unknown): unknown =>
  error instanceof CommandError
    ? new CommandError(`error reading config: ${error.message}`)
    : error;

/** @throws CommandError when it cannot be read. */
export function openConfig(path: string): ConfigFile {
  try {
    return readConfig(path);
  } catch (error) {
    throw readingError(error);
  }
}

/** Changes the file that the arguments mean. @throws CommandError. */
export function changeConfig(
  args: Arguments,
  change: (config: ConfigFile) => ConfigFile | null,
): void {
  const path = configPath(args);
  const changed = change(openConfig(path));
  if (changed !== null) writeConfig(path, changed);
}

/** The context that the arguments mean. @throws CommandError. */
export function changeContext(args: Arguments, change: Partial<ContextFile>): void {
  changeConfig(args, (config) => {
    needContext(config, config.context ?? '');
    const name = args.flags.get('context') ?? config.context ?? '';
    const context = needContext(config, name);
    return { ...config, contexts: { ...config.contexts, [name]: { ...context, ...change } } };
  });
}

/** @throws CommandError when there is none of this name. */
export function needContext(config: ConfigFile, name: string): ContextFile {
  if (name === '') throw new CommandError('no context is set');
  const found = config.contexts?.[name];
  if (found === undefined) throw new CommandError(`context ${JSON.stringify(name)} is not defined`);
  return found;
}
