import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recommendedTarget, upgradeTargets } from '../../src/model/version-choice.js';
import { compareVersions, judgeUpgrade, parseVersion } from '../../src/model/version-plan.js';

const anyVersion = fc
  .record({ minor: fc.integer({ min: 9, max: 15 }), patch: fc.integer({ min: 0, max: 14 }) })
  .map(({ minor, patch }) => `v1.${minor}.${patch}`);

const from = (current: string, change: { available?: string[]; kubernetes?: string[] } = {}) => ({
  current,
  kubernetes: ['v1.34.1'],
  etcd: ['3.6.11'],
  available: [],
  ...change,
});

test('offers exactly the versions that are a legal step away, newest first', () => {
  expect(upgradeTargets('v1.12.6', ['v1.12.5', 'v1.12.8', 'v1.13.1', 'v1.15.0'])).toEqual([
    'v1.13.9',
    'v1.13.1',
    'v1.12.11',
    'v1.12.8',
  ]);
  expect(upgradeTargets('dirty', [])).toEqual([]);
  fc.assert(
    fc.property(anyVersion, fc.array(anyVersion), (current, available) => {
      const targets = upgradeTargets(current, available);
      for (const target of targets) {
        const verdict = judgeUpgrade({ ...from(current), target, kubernetes: [], etcd: [] });
        expect(verdict).toMatchObject({ kind: 'legal' });
        expect(target).not.toBe(current);
      }
      const parsed = targets.map((each) => parseVersion(each)).filter((each) => each !== null);
      expect(parsed.toSorted((a, b) => compareVersions(b, a))).toEqual(parsed);
    }),
  );
});

test('recommends the newest, but the latest patch first to who is behind', () => {
  const choices = upgradeTargets('v1.12.6', []);
  expect(choices).toEqual(['v1.13.9', 'v1.12.11']);
  expect(recommendedTarget(choices, [from('v1.12.6')])).toBe('v1.12.11');
  expect(recommendedTarget(['v1.13.9'], [from('v1.12.11'), from('v1.12.11')])).toBe('v1.13.9');
  // Nothing else can be chosen by all of them.
  expect(recommendedTarget(['v1.13.9'], [from('v1.12.11'), from('v1.12.6')])).toBe('v1.13.9');
});

test('recommends nothing that Kubernetes or etcd stand against', () => {
  const choices = upgradeTargets('v1.13.9', ['v1.13.12']);
  const available = ['v1.13.12', 'v1.14.1'];
  const old = { available, kubernetes: ['v1.31.4'] };
  expect(recommendedTarget(choices, [from('v1.13.12', old)])).toBe('v1.13.12');
  expect(recommendedTarget(['v1.14.1'], [from('v1.13.9', old)])).toBeNull();
  expect(recommendedTarget([], [from('v1.13.9')])).toBeNull();
});
