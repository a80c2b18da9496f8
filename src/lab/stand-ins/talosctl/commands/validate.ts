import { readFileSync } from 'node:fs';
import { ConfigError, loadConfig } from '../../../talos/config/load.js';
import { configRefusal } from '../../../talos/config/validate.js';
import { CLIENT_MINOR, CLIENT_VERSION } from '../client-version.js';
import { CommandError } from '../errors.js';
import { type Call, type Command, print } from './command.js';

const MODES = ['metal', 'cloud', 'container'];

function load(path: string) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CommandError(`open ${path}: no such file or directory`);
  }
  try {
    return loadConfig(text, CLIENT_MINOR);
  } catch (error) {
    throw error instanceof ConfigError ? new CommandError(error.message) : error;
  }
}

/** Local: what a node of this client's version would say of the file. */
async function run({ args }: Call): Promise<void> {
  const path = args.flags.get('config') ?? '';
  const mode = args.flags.get('mode');
  if (mode === undefined) throw new CommandError('required flag(s) "mode" not set');
  if (!MODES.includes(mode)) throw new CommandError(`unknown runtime mode: "${mode}"`);
  const documents = load(path);
  // Only a bare machine has to be told where to install itself.
  const refusal = configRefusal(documents, {
    talosVersion: CLIENT_VERSION,
    minor: CLIENT_MINOR,
    isInstalled: mode !== 'metal',
  });
  if (refusal !== null) throw new CommandError(refusal);
  print(`${path} is valid for ${mode} mode\n`);
}

export const VALIDATE: Command = {
  names: ['validate'],
  usage: 'validate [flags]',
  flags: {
    flags: { config: 'value', mode: 'value', strict: 'switch' },
    shorts: { c: 'config', m: 'mode' },
  },
  run,
};
