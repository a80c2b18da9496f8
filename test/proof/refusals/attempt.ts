import { join } from 'node:path';
import { openPty } from '../../support/pty.js';
import { programArgv, runProgram } from '../program.js';
import type { Scene } from './scene.js';
import type { Trial } from './trial.js';

/** What the program answered to one trial. */
export interface Answer {
  readonly exitCode: number | null;
  readonly reason: string;
  /** The next step; empty when none was given. */
  readonly hint: string;
  readonly gate: string | null;
  /** Of a run that was started all the same. */
  readonly run: string | null;
}

const CONFIRMED = ['--yes', '--confirm-name', 'lab'];
const PATIENCE_MS = 120_000;
const QUESTION = /Do it\? \[y\/N\]|Type \S+ to do it:/;

export const attempt = (scene: Scene, trial: Trial): Promise<Answer> =>
  trial.typed === undefined ? unattended(scene, trial) : inTerminal(scene, trial, trial.typed);

async function unattended(scene: Scene, trial: Trial): Promise<Answer> {
  const env = { ...scene.env, ...trial.env?.(scene) };
  const flags = [...(trial.flags ?? CONFIRMED), ...(trial.isFollowed === true ? [] : ['--detach'])];
  const command = trial.args[0] === 'runs' ? trial.args : ['run', ...trial.args, ...flags];
  const { exitCode, stdout, stderr } = await runProgram([...command, '--json'], env);
  return { exitCode, ...readAnswer(stdout, stderr) };
}

interface Document {
  readonly refusal?: {
    readonly reason: string;
    readonly hint: string;
    readonly gate: string | null;
  };
  readonly error?: string | { readonly message: string; readonly hint: string };
  readonly hint?: string;
  readonly run?: string;
}

const GATE = /^(?:\S+: )?(G-[A-Z]+|R\d|V\d+)\b/;

export function readAnswer(stdout: string, stderr: string): Omit<Answer, 'exitCode'> {
  const document = lastDocument(stdout);
  const run = document?.run ?? null;
  if (document?.refusal !== undefined) {
    const { reason, hint, gate } = document.refusal;
    return { reason, hint, gate: gate ?? gateIn(reason), run };
  }
  const { error } = document ?? {};
  if (typeof error === 'object') {
    return { reason: error.message, hint: error.hint, gate: gateIn(error.message), run };
  }
  if (typeof error === 'string') {
    return { reason: error, hint: document?.hint ?? '', gate: gateIn(error), run };
  }
  return { ...sentencesOf(stderr), run };
}

const gateIn = (text: string): string | null => GATE.exec(text)?.[1] ?? null;

/** One document, or the last line of a stream. */
function lastDocument(stdout: string): Document | null {
  const lines = stdout.trim().split('\n');
  for (const text of [stdout, lines.at(-1) ?? '']) {
    try {
      return JSON.parse(text) as Document;
    } catch {}
  }
  return null;
}

/** `talos-tui: REASON. NEXT STEP.` */
function sentencesOf(text: string): Omit<Answer, 'exitCode' | 'run'> {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  const said = plain.replace(/^.*?(?:talos-tui|Refused): /, '');
  const [, reason = said, hint = ''] = /^(.*[.?])\s+([A-Z`].*)$/.exec(said) ?? [];
  return { reason, hint, gate: gateIn(said) };
}

/** At a terminal: reads the plan, lets the world move on, and answers. */
async function inTerminal(scene: Scene, trial: Trial, typed: string): Promise<Answer> {
  const session = openPty({
    argv: programArgv('run', ...trial.args),
    env: { ...scene.env, ...trial.env?.(scene) },
    columns: 400,
    rows: 100,
  });
  try {
    await session.waitFor(QUESTION, PATIENCE_MS);
    await trial.meanwhile?.(scene);
    session.press(`${typed}\r`);
    const { exitCode } = await session.exited;
    const after = session.output().split(QUESTION).at(-1) ?? '';
    return { exitCode, ...lastSentences(after), run: null };
  } finally {
    session.kill();
  }
}

function lastSentences(output: string): Omit<Answer, 'exitCode' | 'run'> {
  const plain = output.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  const lines = plain.split(/\r?\n/).filter((line) => line.trim() !== '');
  return sentencesOf((lines.at(-1) ?? '').replace(/^failed: /, '').replace(/ State: .*$/, ''));
}

/** Somebody else's host: nothing is shared but the cluster. */
export const elsewhere = (scene: Scene): Readonly<Record<string, string>> => ({
  XDG_STATE_HOME: join(scene.home, 'elsewhere'),
});
