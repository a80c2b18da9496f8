import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import type { KeyPair } from '../../src/lab/world/types.js';
import { buildStandIn } from './stand-in.js';
import type { TalosTestLab } from './talos-lab.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @returns its path. */
export const buildTalosctl = (directory: string): Promise<string> =>
  buildStandIn('talosctl', directory);

interface TalosconfigContent {
  readonly endpoints: readonly string[];
  readonly nodes?: readonly string[];
  readonly pair?: KeyPair;
}

export function writeTalosconfig(
  path: string,
  lab: TalosTestLab,
  { endpoints, nodes = [], pair = lab.pki.talosAdmin() }: TalosconfigContent,
): void {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const context = {
    endpoints,
    nodes,
    ca: base64(lab.pki.talosCaPem),
    crt: base64(pair.certPem),
    key: base64(pair.keyPem),
  };
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ context: 'lab', contexts: { lab: context } }), {
    mode: 0o600,
  });
}

export interface RunningProgram {
  readonly outcome: Promise<Outcome>;
  readonly signal: (name: NodeJS.Signals) => void;
}

export function startTalosctl(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProgram {
  let finish: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    finish = resolve;
  });
  const child = execFile(
    process.execPath,
    [program, ...args],
    { env: { PATH: process.env.PATH ?? '', ...env } },
    (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      finish({ code, stdout, stderr });
    },
  );
  return { outcome, signal: (name) => child.kill(name) };
}

export const filesIn = (directory: string): readonly string[] => readdirSync(directory).sort();
