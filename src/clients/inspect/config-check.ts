import { createHash } from 'node:crypto';
import { ClientError, CommandFailed } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import type { ConfigMode, ConfigVerdict } from '../../model/inspection.js';
import type { Shell, TalosClient } from '../types.js';
import { remarksOf } from './config-remarks.js';
import { activeConfig } from './machine-config.js';

export interface ConfigCheck {
  readonly node: IpAddress;
  readonly mode: ConfigMode;
  readonly talos: TalosClient;
  readonly shell: Shell;
  readonly talosctl: string;
  /** Null while it is not known, or talosctl cannot be used. */
  readonly version: string | null;
  readonly signal: AbortSignal;
}

/** By configuration and program: a plan that is looked at asks every few seconds. Never the text itself. */
const known = new Map<string, ConfigVerdict>();
const MOST_KNOWN = 512;
const VALIDATE_MS = 20_000;

/**
 * What talosctl says of the configuration that a node runs with.
 * @throws ClientError when the configuration cannot be read, or talosctl not be asked
 */
export async function checkConfig(check: ConfigCheck): Promise<ConfigVerdict> {
  const { node, mode, talos, talosctl, version, signal } = check;
  if (version === null) {
    throw new ClientError(
      'program-missing',
      'talosctl has not told its version.',
      'Install talosctl, or set its path in the settings.',
    );
  }
  const config = await activeConfig(talos, node, signal);
  if (config === null) {
    throw new ClientError(
      'not-found',
      `${node} has no machine configuration.`,
      'Apply one first: the node is in maintenance mode.',
    );
  }
  const hash = createHash('sha256').update(config).digest('base64');
  const key = [talosctl, version, mode, hash].join('\n');
  const found = known.get(key);
  if (found !== undefined) return found;
  const verdict = await validate(check, config, version);
  const [oldest] = known.keys();
  if (known.size >= MOST_KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(key, verdict);
  return verdict;
}

/** Warnings are no errors here: what is deprecated works in the version that deprecates it. */
async function validate(
  { node, mode, shell, talosctl, signal }: ConfigCheck,
  config: string,
  by: string,
): Promise<ConfigVerdict> {
  const argv = [talosctl, 'validate', '--config', '/dev/stdin', '--mode', mode] as const;
  try {
    const { stderr } = await shell.run(argv, {
      effect: 'read',
      timeoutMs: VALIDATE_MS,
      signal,
      target: node,
      stdin: config,
    });
    return { isValid: true, by, remarks: remarksOf(stderr, config) };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (UNABLE.test(error.stderr)) {
      return { isValid: null, by, remarks: ['this talosctl has no validate'] };
    }
    const remarks = remarksOf(error.stderr, config);
    // Killed, or not able to read what it was given: no word about the configuration.
    return { isValid: isJudged(error) ? false : null, by, remarks };
  }
}

/** Builds without everything that makes configurations lack the command. */
const UNABLE = /unknown command "validate"/;
const UNREADABLE = /^(open|read) \/dev\/stdin:/m;

const isJudged = ({ exitCode, stderr }: CommandFailed): boolean =>
  exitCode === 1 && stderr.trim() !== '' && !UNREADABLE.test(stderr);
