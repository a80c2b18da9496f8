import {
  compareVersions,
  judgeUpgrade,
  laterPatch,
  minorText,
  parsedAll,
  parseVersion,
  tagOf,
  type UpgradeWish,
} from './version-plan.js';
import { VERSION_TABLE, type VersionTable } from './version-table.js';

/** What an operator may choose from: later patches of the same minor, and the next minor; newest first. */
export function upgradeTargets(
  current: string,
  available: readonly string[],
  table: VersionTable = VERSION_TABLE,
): readonly string[] {
  const version = parseVersion(current);
  if (version === null) return [];
  const latest = Object.values(table).map((release) => release.latest);
  return parsedAll([...new Set([...available, ...latest])])
    .filter((each) => each.major === version.major && table[minorText(each)] !== undefined)
    .filter((each) => compareVersions(each, version) > 0 && each.minor - version.minor <= 1)
    .toSorted((a, b) => compareVersions(b, a))
    .map(tagOf);
}

/**
 * Where a node had best go next among what every node can take, newest first: the newest that upgrades are tested
 * to, which is a later patch of its own minor for who is behind. Null when none is legal.
 */
export function recommendedTarget(
  choices: readonly string[],
  wishes: readonly Omit<UpgradeWish, 'target'>[],
  table: VersionTable = VERSION_TABLE,
): string | null {
  const legal = choices.filter((target) =>
    wishes.every((wish) => judgeUpgrade({ ...wish, target }, table).kind === 'legal'),
  );
  const tested = legal.find((target) =>
    wishes.every(({ current, available }) => isTested(current, target, available, table)),
  );
  return tested ?? legal[0] ?? null;
}

function isTested(
  from: string,
  to: string,
  available: readonly string[],
  table: VersionTable,
): boolean {
  const [current, target] = [parseVersion(from), parseVersion(to)];
  return (
    current !== null &&
    (current.minor === target?.minor || laterPatch(current, available, table) === null)
  );
}
