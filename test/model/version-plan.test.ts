import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  isMinorAtLeast,
  judgeUpgrade,
  parseVersion,
  tagOf,
  talosctlSkew,
  type UpgradeWish,
  upgradeLadder,
} from '../../src/model/version-plan.js';
import { VERSION_TABLE } from '../../src/model/version-table.js';

const judge = (current: string, target: string, change: Partial<UpgradeWish> = {}) =>
  judgeUpgrade({
    current,
    target,
    kubernetes: ['v1.34.1'],
    etcd: ['3.6.11'],
    available: [],
    ...change,
  });

const told = (verdict: ReturnType<typeof judge>) =>
  verdict.kind === 'legal' ? verdict.step : `${verdict.why}: ${verdict.reason} ${verdict.hint}`;

describe('one step', () => {
  test('is legal within a minor, to the next one, and for another image of the same version', () => {
    expect(told(judge('v1.12.6', 'v1.12.11'))).toBe('patch');
    expect(told(judge('v1.12.11', 'v1.13.9'))).toBe('minor');
    expect(told(judge('v1.13.9', 'v1.13.9'))).toBe('same');
  });

  test('is refused when it skips, with the ladder to go', () => {
    expect(told(judge('v1.11.2', 'v1.14.1'))).toBe(
      'skip: From 1.11 to 1.14 is more than one minor version. Go one minor version at a time: v1.12.11, then v1.13.9, then v1.14.1.',
    );
  });

  test('is refused when it goes back', () => {
    expect(told(judge('v1.13.9', 'v1.12.11'))).toMatch(
      /^downgrade: v1.12.11 is older than v1.13.9, which runs. .*rollback-node/,
    );
    expect(told(judge('v1.13.9', 'v1.13.8'))).toMatch(/^downgrade/);
  });

  test('is refused for versions that nobody knows, builds or can read', () => {
    expect(told(judge('v1.14.1', 'v1.15.0'))).toMatch(/^unknown: Talos 1.15 is not known/);
    expect(told(judge('v1.12.6', 'v1.13.77', { available: ['v1.13.8', 'v1.13.9'] }))).toBe(
      'absent: The Image Factory has no Talos v1.13.77. Choose one of v1.13.8 and v1.13.9.',
    );
    expect(told(judge('v1.12.6', 'latest'))).toMatch(/^malformed: latest is no version/);
    expect(told(judge('v1.12.6', '1.13'))).toMatch(/^malformed/);
    expect(told(judge('v1.12.6', 'v1.13.0-rc.1'))).toMatch(/^malformed/);
    expect(told(judge('v1.12.6-dirty', 'v1.13.9'))).toMatch(
      /^unknown: The node runs v1.12.6-dirty/,
    );
  });

  test('is refused for a Kubernetes that the target does not take', () => {
    expect(told(judge('v1.13.9', 'v1.14.1', { kubernetes: ['v1.31.4', 'v1.33.0'] }))).toBe(
      'kubernetes: Talos 1.14 takes Kubernetes 1.32 to 1.37, and the cluster runs v1.31.4. Upgrade Kubernetes within what the running Talos supports first.',
    );
    expect(told(judge('v1.11.6', 'v1.12.6', { kubernetes: ['v1.36.0'] }))).toMatch(/^kubernetes/);
    expect(told(judge('v1.12.6', 'v1.13.9', { kubernetes: ['?'] }))).toMatch(/^kubernetes/);
    expect(told(judge('v1.12.6', 'v1.13.9', { kubernetes: ['v1.31.0', 'v1.36.9'] }))).toBe('minor');
  });

  test('is refused while an etcd member is of too old a line', () => {
    expect(told(judge('v1.13.9', 'v1.14.1', { etcd: ['3.6.12', '3.5.21'] }))).toMatch(
      /^etcd: Talos 1.14 wants etcd 3.6 on every member before, and there is 3.5.21/,
    );
    expect(
      told(judge('v1.10.9', 'v1.11.6', { etcd: ['3.5.25'], kubernetes: ['v1.31.0'] })),
    ).toMatch(/^etcd/);
    expect(told(judge('v1.10.9', 'v1.11.6', { etcd: ['3.5.26'], kubernetes: ['v1.31.0'] }))).toBe(
      'minor',
    );
  });

  test('notes a patch that is not the latest, and what the release asks to be known', () => {
    const notesOf = (current: string, target: string, available: readonly string[] = []) => {
      const verdict = judge(current, target, { available });
      return verdict.kind === 'legal' ? verdict.notes : [verdict.reason];
    };
    expect(notesOf('v1.12.6', 'v1.12.11')).toEqual([]);
    expect(notesOf('v1.12.6', 'v1.13.9')[0]).toContain('v1.12.11 is what upgrades are tested from');
    expect(notesOf('v1.12.11', 'v1.13.9')[0]).toContain('NVIDIA');
    expect(notesOf('v1.12.11', 'v1.13.9', ['v1.12.12', 'v1.13.9'])[0]).toContain('v1.12.12');
  });
});

const anyVersion = fc
  .tuple(fc.integer({ min: 9, max: 14 }), fc.nat({ max: 20 }))
  .map(([minor, patch]) => `v1.${minor}.${patch}`);

const numbers = (text: string) => parseVersion(text) ?? { major: 0, minor: 0, patch: 0 };

test('no legal step ever goes back or over a minor', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, (current, target) => {
      const verdict = judge(current, target, { kubernetes: [], etcd: [] });
      const [from, to] = [numbers(current), numbers(target)];
      const isStep = compareVersions(to, from) >= 0 && to.minor - from.minor <= 1;
      expect(verdict.kind).toBe(isStep ? 'legal' : 'illegal');
    }),
  );
});

test('every rung of a ladder is a legal step from the one before, and it ends at the target', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, (from, to) => {
      const ladder = upgradeLadder(from, to);
      if (compareVersions(numbers(to), numbers(from)) <= 0) {
        expect(ladder).toEqual([]);
        return;
      }
      expect(ladder.at(-1)).toBe(to);
      expect(ladder).toHaveLength(Math.max(1, numbers(to).minor - numbers(from).minor));
      [from, ...ladder].reduce((current, next) => {
        expect(judge(current, next, { kubernetes: [], etcd: [] }).kind).toBe('legal');
        return next;
      });
    }),
  );
});

test('a ladder goes by the latest patch that is known to anybody', () => {
  expect(upgradeLadder('v1.11.0', 'v1.13.0')).toEqual(['v1.12.11', 'v1.13.0']);
  expect(upgradeLadder('v1.11.0', 'v1.13.0', ['v1.12.14', 'v1.12.3'])).toEqual([
    'v1.12.14',
    'v1.13.0',
  ]);
  expect(upgradeLadder('v1.11.0', 'v1.17.0')).toEqual([]);
  expect(upgradeLadder('?', 'v1.13.0')).toEqual([]);
});

test('counts the minors between talosctl and a node', () => {
  expect(talosctlSkew('v1.13.9', 'v1.12.6')).toBe(1);
  expect(talosctlSkew('v1.12.0-beta.1', 'v1.14.1')).toBe(-2);
  expect(talosctlSkew('dev', 'v1.14.1')).toBeNull();
  expect(talosctlSkew('v2.0.0', 'v1.14.1')).toBeNull();
  expect(isMinorAtLeast('v1.13.0', 13)).toBe(true);
  expect(isMinorAtLeast('v1.12.99', 13)).toBe(false);
  expect(isMinorAtLeast('v2.13.0', 13)).toBe(false);
  expect(isMinorAtLeast('?', 13)).toBe(false);
});

test('the table holds together: each minor is known, takes the one before, and names its own latest patch', () => {
  const minors = Object.keys(VERSION_TABLE);
  minors.forEach((name, index) => {
    const release = VERSION_TABLE[name];
    const latest = parseVersion(release?.latest ?? '');
    expect(latest === null ? null : `1.${latest.minor}`).toBe(name);
    expect(tagOf(numbers(release?.latest ?? ''))).toBe(release?.latest);
    const before = minors[index - 1];
    if (before === undefined) return;
    const [, from = ''] = (release?.upgradableFrom ?? '').split('.');
    expect(Number(from)).toBeLessThanOrEqual(Number(before.split('.')[1]));
  });
});
