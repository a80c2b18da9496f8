import { formatList } from './format.js';
import { VERSION_TABLE, type VersionTable } from './version-table.js';

/** `v1.13.9`: major 1 as all of Talos so far, no pre-releases. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const VERSION = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/;
const LOOSE = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:[-+.].*)?$/;

/** Null for anything but three numbers. */
export const parseVersion = (text: string): Version | null => versionOf(VERSION.exec(text));

/** What another program reports of itself: `3.6`, `v1.35.0-rc.1`, `1.32.3+k3s1`. */
const parseLoose = (text: string): Version | null => versionOf(LOOSE.exec(text));

function versionOf(found: RegExpExecArray | null): Version | null {
  if (found === null) return null;
  const [, major, minor, patch = '0'] = found;
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}

export const tagOf = ({ major, minor, patch }: Version): string => `v${major}.${minor}.${patch}`;

export const compareVersions = (a: Version, b: Version): number =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch;

export const minorText = ({ major, minor }: Version): string => `${major}.${minor}`;

export interface UpgradeWish {
  /** Of one node. */
  readonly current: string;
  readonly target: string;
  /** Every version of Kubernetes in the cluster: API servers and kubelets. */
  readonly kubernetes: readonly string[];
  /** Every version of etcd in the cluster, as far as members tell it. */
  readonly etcd: readonly string[];
  /** What the factory can build; empty: not known. */
  readonly available: readonly string[];
}

export type UpgradeVerdict =
  | {
      readonly kind: 'legal';
      /** `same`: only the image changes. */
      readonly step: 'same' | 'patch' | 'minor';
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'illegal';
      readonly why:
        | 'malformed'
        | 'unknown'
        | 'absent'
        | 'downgrade'
        | 'skip'
        | 'kubernetes'
        | 'etcd';
      readonly reason: string;
      readonly hint: string;
    };

const illegal = (
  why: Extract<UpgradeVerdict, { kind: 'illegal' }>['why'],
  reason: string,
  hint: string,
): UpgradeVerdict => ({ kind: 'illegal', why, reason, hint });

/** One step from a node's version to another: what the installer checks, and what upgrades are tested with. */
export function judgeUpgrade(
  wish: UpgradeWish,
  table: VersionTable = VERSION_TABLE,
): UpgradeVerdict {
  const current = parseVersion(wish.current);
  const target = parseVersion(wish.target);
  if (target === null) {
    return illegal(
      'malformed',
      `${wish.target.replace(/^v(?!\d)/, '')} is no version of Talos.`,
      'Write it with three numbers, like v1.13.9.',
    );
  }
  if (current === null) {
    return illegal(
      'unknown',
      `The node runs ${wish.current}, which is no release of Talos.`,
      'Upgrade this node by hand.',
    );
  }
  return (
    pathProblem(current, target, wish, table) ??
    existenceProblem(target, wish, table) ??
    surroundingsProblem(target, wish, table) ?? {
      kind: 'legal',
      step: stepOf(current, target),
      notes: notesOf(current, target, wish, table),
    }
  );
}

function stepOf(current: Version, target: Version): 'same' | 'patch' | 'minor' {
  if (compareVersions(current, target) === 0) return 'same';
  return current.minor === target.minor ? 'patch' : 'minor';
}

function pathProblem(
  current: Version,
  target: Version,
  wish: UpgradeWish,
  table: VersionTable,
): UpgradeVerdict | null {
  if (compareVersions(target, current) < 0) {
    return illegal(
      'downgrade',
      `${tagOf(target)} is older than ${tagOf(current)}, which runs.`,
      'An upgrade never goes back: rollback-node starts the installation before the last upgrade.',
    );
  }
  if (target.major === current.major && target.minor - current.minor <= 1) return null;
  const ladder = upgradeLadder(wish.current, wish.target, wish.available, table);
  return illegal(
    'skip',
    `From ${minorText(current)} to ${minorText(target)} is more than one minor version.`,
    ladder.length === 0
      ? 'Go one minor version at a time, each by its latest patch.'
      : `Go one minor version at a time: ${ladder.join(', then ')}.`,
  );
}

function existenceProblem(
  target: Version,
  { available }: UpgradeWish,
  table: VersionTable,
): UpgradeVerdict | null {
  if (table[minorText(target)] === undefined) {
    return illegal(
      'unknown',
      `Talos ${minorText(target)} is not known to this version of talos-tui.`,
      `It knows ${Object.keys(table).join(', ')}: take a newer talos-tui for others.`,
    );
  }
  const tags = parsedAll(available);
  if (tags.length === 0 || tags.some((each) => compareVersions(each, target) === 0)) return null;
  const near = tags.filter(({ minor }) => minor === target.minor).map(tagOf);
  return illegal(
    'absent',
    `The Image Factory has no Talos ${tagOf(target)}.`,
    near.length === 0 ? 'Choose a released version.' : `Choose one of ${formatList(near, 6)}.`,
  );
}

function surroundingsProblem(
  target: Version,
  { kubernetes, etcd }: UpgradeWish,
  table: VersionTable,
): UpgradeVerdict | null {
  const release = table[minorText(target)];
  if (release === undefined) return null;
  const { min, max } = release.kubernetes;
  const outside = kubernetes.filter((text) => !isBetween(text, min, max));
  if (outside.length > 0) {
    return illegal(
      'kubernetes',
      `Talos ${minorText(target)} takes Kubernetes ${min} to ${max}, and the cluster runs ${formatList([...new Set(outside)])}.`,
      'Upgrade Kubernetes within what the running Talos supports first.',
    );
  }
  const { needsEtcd } = release;
  const old = needsEtcd === null ? [] : etcd.filter((text) => !isAtLeast(text, needsEtcd));
  return old.length === 0
    ? null
    : illegal(
        'etcd',
        `Talos ${minorText(target)} wants etcd ${needsEtcd} on every member before, and there is ${formatList([...new Set(old)])}.`,
        'Upgrade every control plane to the latest patch of its minor version first.',
      );
}

/** By minors; what cannot be read is outside. */
function isBetween(text: string, min: string, max: string): boolean {
  const version = parseLoose(text);
  const [low, high] = [parseLoose(min), parseLoose(max)];
  if (version === null || low === null || high === null) return false;
  return version.major === low.major && version.minor >= low.minor && version.minor <= high.minor;
}

function isAtLeast(text: string, least: string): boolean {
  const [version, bound] = [parseLoose(text), parseLoose(least)];
  return version !== null && bound !== null && compareVersions(version, bound) >= 0;
}

function notesOf(
  current: Version,
  target: Version,
  { available }: UpgradeWish,
  table: VersionTable,
): readonly string[] {
  if (current.minor === target.minor) return [];
  const later = laterPatch(current, available, table);
  return [
    ...(later === null
      ? []
      : [
          `${tagOf(current)} is not the latest patch of its minor version: ${tagOf(later)} is what upgrades are tested from`,
        ]),
    ...(table[minorText(target)]?.notes ?? []),
  ];
}

/** What upgrades to the next minor are tested from; null when it is this one. */
export function laterPatch(
  current: Version,
  available: readonly string[],
  table: VersionTable,
): Version | null {
  const latest = latestPatch(current, available, table);
  return latest !== null && compareVersions(current, latest) < 0 ? latest : null;
}

/** Of the same minor: of the table, or of the factory where that is newer. */
function latestPatch(
  version: Version,
  available: readonly string[],
  table: VersionTable,
): Version | null {
  const known = table[minorText(version)]?.latest;
  const all = parsedAll([...available, ...(known === undefined ? [] : [known])]);
  return (
    all
      .filter(({ major, minor }) => major === version.major && minor === version.minor)
      .toSorted(compareVersions)
      .at(-1) ?? null
  );
}

export const parsedAll = (texts: readonly string[]): readonly Version[] =>
  texts.map(parseVersion).filter((version) => version !== null);

/**
 * The legal way from one version to another: each minor in between by its latest patch, then the target. Empty
 * when there is none: it goes back, or a minor in between is not known.
 */
export function upgradeLadder(
  from: string,
  to: string,
  available: readonly string[] = [],
  table: VersionTable = VERSION_TABLE,
): readonly string[] {
  const current = parseVersion(from);
  const target = parseVersion(to);
  if (current === null || target === null || compareVersions(target, current) <= 0) return [];
  if (current.major !== target.major) return [];
  const steps: string[] = [];
  for (let minor = current.minor + 1; minor < target.minor; minor += 1) {
    const latest = latestPatch({ ...current, minor }, available, table);
    if (latest === null) return [];
    steps.push(tagOf(latest));
  }
  return [...steps, tagOf(target)];
}

/** talosctl and nodes a minor apart at most (talos reference 7); null when one of them cannot be read. */
export function talosctlSkew(talosctl: string, node: string): number | null {
  const [own, theirs] = [parseLoose(talosctl), parseLoose(node)];
  if (own === null || theirs === null || own.major !== theirs.major) return null;
  return own.minor - theirs.minor;
}

/** Whether a version is of this minor of Talos 1 or a later one; false when it cannot be read. */
export function isMinorAtLeast(text: string, minor: number): boolean {
  const version = parseLoose(text);
  return version !== null && version.major === 1 && version.minor >= minor;
}
