import type { Command } from 'commander';
import { parseDuration } from './duration.js';
import { UsageError } from './usage-error.js';

export interface ActingFlags {
  readonly set: readonly string[];
  /** Gates to override, by id. */
  readonly override: readonly string[];
  readonly yes: boolean;
  readonly confirmName: string | null;
  readonly dryRun: boolean;
  readonly detach: boolean;
  readonly keepGoing: boolean;
  readonly maxDurationMs: number | null;
  /** Print the plan as a shell script. */
  readonly script: boolean;
}

export interface RawActingFlags {
  readonly set?: readonly string[];
  readonly override?: readonly string[];
  readonly yes?: boolean;
  readonly confirmName?: string;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly keepGoing?: boolean;
  readonly maxDuration?: string;
  readonly script?: boolean;
}

/** What resuming a run takes. */
export type ConsentFlags = Pick<ActingFlags, 'override' | 'yes' | 'confirmName'>;
export type RawConsentFlags = Pick<RawActingFlags, 'override' | 'yes' | 'confirmName'>;

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

const SHORTEST_MS = 60_000;

/** @throws UsageError */
export const actingFlags = (raw: RawActingFlags): ActingFlags => ({
  set: raw.set ?? [],
  ...consentFlags(raw),
  dryRun: raw.dryRun === true,
  detach: raw.detach === true,
  keepGoing: raw.keepGoing === true,
  maxDurationMs: raw.maxDuration === undefined ? null : maxDurationMs(raw.maxDuration),
  script: raw.script === true,
});

function gateIds(text: string): readonly string[] {
  const ids = text.split(',').map((id) => id.trim());
  const wrong = ids.find((id) => !/^G-[A-Z0-9]+$/.test(id));
  if (wrong === undefined) return ids;
  throw new UsageError(
    `--override ${text}: "${wrong}" is no gate.`,
    'Name gates as the plan does, joined by commas: --override G-STORE,G-PDB.',
  );
}

function maxDurationMs(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs !== null && durationMs >= SHORTEST_MS) return durationMs;
  throw new UsageError(
    `--max-duration ${text} is ${durationMs === null ? 'no duration' : 'less than a minute'}.`,
    'Write it like 4h, 90m or 1h30m.',
  );
}

/** @throws UsageError */
export const consentFlags = (raw: RawConsentFlags): ConsentFlags => ({
  override: (raw.override ?? []).flatMap(gateIds),
  yes: raw.yes === true,
  confirmName: raw.confirmName ?? null,
});

export const consentOptions = (command: Command): Command =>
  command
    .option('--override <gates>', 'resume: pass these gates although they are closed', collect)
    .option('--yes', 'resume: confirm the overrides without being asked')
    .option('--confirm-name <name>', 'resume: confirm them with the name of the cluster');

export const planOptions = (command: Command): Command =>
  command
    .option('--set <name=value>', 'answer a question of the action', collect)
    .option('--override <gates>', 'pass these gates although they are closed', collect)
    .option('--script', 'print it as a commented shell script');

export const runOptions = (command: Command): Command =>
  planOptions(command)
    .option('--yes', 'confirm without being asked')
    .option('--confirm-name <name>', 'confirm levels 3 and 4 with the name of what is changed')
    .option('--dry-run', 'only plan')
    .option('--detach', 'start the run and return')
    .option('--keep-going', 'do not pause before disruptive steps when nobody watches')
    .option('--max-duration <time>', 'pause before it disrupts again after so long: 4h');
