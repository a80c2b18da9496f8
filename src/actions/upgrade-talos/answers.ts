import { EMPTY_SCHEMATIC } from '../../model/extensions.js';
import { formatList } from '../../model/format.js';
import type { NodeTarget } from '../node-target.js';
import { usageError } from '../refusal.js';
import type { Answers, Refusal } from '../types.js';
import { isSchematic } from './reference.js';

/** What the operator asked for, besides nodes, drain and snapshot. */
export interface Wish {
  /** `v1.13.9` */
  readonly version: string;
  /** By name of the node; the empty name stands for all. */
  readonly schematics: ReadonlyMap<string, string>;
  readonly mayLoseExtensions: boolean;
  readonly mayChangeFlavour: boolean;
  readonly isLegacyForced: boolean;
  readonly isArmedIgnored: boolean;
  readonly drainTimeoutMs: number | null;
}

const ALL_NODES = '';
const DURATION = /^(\d{1,4})(s|m)$/;
const LONGEST_DRAIN_MS = 3_600_000;

export function wishOf(answers: Answers, version: string): Wish | Refusal {
  const schematics = schematicsOf(answers.schematic);
  if ('kind' in schematics) return schematics;
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const answer = answers[name];
    if (answer !== undefined && !allowed.includes(answer)) {
      return usageError(
        `${answer} is no answer to ${name}.`,
        `Set ${name} to one of: ${allowed.join(', ')}.`,
      );
    }
  }
  const drainTimeoutMs = answers.timeout === undefined ? null : durationOf(answers.timeout);
  if (drainTimeoutMs !== null && typeof drainTimeoutMs !== 'number') return drainTimeoutMs;
  return {
    version: version.startsWith('v') ? version : `v${version}`,
    schematics,
    mayLoseExtensions: answers.extensions === 'drop',
    mayChangeFlavour: answers.flavour === 'running',
    isLegacyForced: answers.path === 'legacy',
    isArmedIgnored: answers.armed === 'ignore',
    drainTimeoutMs,
  };
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  extensions: ['keep', 'drop'],
  flavour: ['configured', 'running'],
  path: ['auto', 'legacy'],
  armed: ['refuse', 'ignore'],
};

function durationOf(text: string): number | Refusal {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  const ms = amount === undefined ? 0 : Number(amount) * (unit === 'm' ? 60_000 : 1_000);
  return ms > 0 && ms <= LONGEST_DRAIN_MS
    ? ms
    : usageError(`${text} is no time to drain.`, 'Write it like 90s or 10m, at most 60m.');
}

/** One id for all, or `name=id` joined by commas. */
function schematicsOf(text: string | undefined): ReadonlyMap<string, string> | Refusal {
  if (text === undefined || text.trim() === '') return new Map();
  const pairs = text.split(',').map((part) => {
    const [first = '', second] = part.trim().split('=');
    return second === undefined
      ? { name: ALL_NODES, id: first.trim() }
      : { name: first.trim(), id: second.trim() };
  });
  const wrong = pairs.find(({ id }) => !isSchematic(id));
  return wrong === undefined
    ? new Map(pairs.map(({ name, id }) => [name, id]))
    : usageError(
        `${wrong.id === '' ? 'Nothing' : wrong.id} is no schematic.`,
        `Give 64 hexadecimal digits as the Image Factory does, or node=id joined by commas; ${EMPTY_SCHEMATIC} adds nothing.`,
      );
}

export const schematicAnswer = (
  { schematics }: Pick<Wish, 'schematics'>,
  { name, address }: Pick<NodeTarget, 'name' | 'address'>,
): string | undefined =>
  schematics.get(name) ?? schematics.get(address) ?? schematics.get(ALL_NODES);

/** A schematic for a node that is none of them is a mistake, never ignored. */
export function refuseStraySchematics(
  { schematics }: Wish,
  targets: readonly NodeTarget[],
): Refusal | null {
  const stray = [...schematics.keys()].filter(
    (key) =>
      key !== ALL_NODES && !targets.some(({ name, address }) => name === key || address === key),
  );
  return stray.length === 0
    ? null
    : usageError(
        `${formatList(stray)}: a schematic is given for no node of this upgrade.`,
        `Choose from: ${targets.map(({ name }) => name).join(', ')}.`,
      );
}
