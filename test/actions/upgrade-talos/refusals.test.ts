import { describe, expect, test } from 'vitest';
import { EMPTY_SCHEMATIC } from '../../../src/model/extensions.js';
import { asRunId } from '../../../src/model/ids.js';
import { SCHEMATIC } from '../../support/builders.js';
import { aRun, aRunStep } from '../../support/run-summaries.js';
import {
  imageOf,
  OTHER_SCHEMATIC,
  planOf,
  refusalOf,
  type Scene,
} from '../../support/upgrade-scenes.js';

const NEXT = { version: 'v1.13.9' } as const;
const told = (...given: Parameters<typeof refusalOf>) => {
  const { gate, reason, hint, isUsage } = refusalOf(...given);
  return `${isUsage === true ? 'usage' : gate}: ${reason} ${hint}`;
};

describe('a version is refused', () => {
  test('that skips, goes back, is not known or does not exist', () => {
    expect(told({ version: 'v1.14.1' })).toMatch(
      /^G-PATH: cp-1: From 1.12 to 1.14 .*v1.13.9, then v1.14.1/,
    );
    expect(told({ version: 'v1.12.4' })).toMatch(/^G-PATH: cp-1: v1.12.4 is older .*rollback-node/);
    expect(told({ version: 'v1.15.0' }, { tag: 'v1.14.1' })).toMatch(/^G-PATH: .*not known/);
    expect(told({ version: 'soon' })).toMatch(/^usage: soon is no version of Talos\./);
  });

  test('that does not take the Kubernetes of the cluster', () => {
    expect(told({ version: 'v1.14.1' }, { tag: 'v1.13.9', kubernetes: 'v1.31.2' })).toMatch(
      /^G-PATH: cp-1: Talos 1.14 takes Kubernetes 1.32 to 1.37, and the cluster runs v1.31.2/,
    );
  });

  test('that one node of several cannot take', () => {
    expect(told(NEXT, { tags: { 5: 'v1.14.1' } })).toMatch(/^G-PATH: w-5: v1.13.9 is older/);
  });

  test('that talosctl is too far away from, before or after', () => {
    expect(told(NEXT, { talosctl: 'v1.14.1' })).toMatch(
      /^G-BIN: talosctl v1.14.1 is more than a minor version away from v1.12.11, which cp-1 runs/,
    );
    expect(told({ version: 'v1.14.1' }, { tag: 'v1.13.9', talosctl: 'v1.12.6' })).toMatch(
      /^G-BIN: talosctl v1.12.6 is more than a minor version away from v1.14.1, which cp-1 would run/,
    );
  });
});

const worker = { ...NEXT, node: 'w-4' };
const withWorker = (
  image: NonNullable<Scene['images'][number]>,
  inspected: NonNullable<Scene['inspected'][number]> = {},
): Partial<Scene> => ({ images: { 4: image }, inspected: { 4: inspected } });

describe('an image is refused', () => {
  test('that loses extensions, unless they are given up', () => {
    const answers = { ...worker, schematic: EMPTY_SCHEMATIC };
    expect(told(answers)).toMatch(
      /^G-IMAGE: w-4 would lose iscsi-tools, qemu-guest-agent and util-linux-tools with schematic/,
    );
    expect(planOf({ ...answers, extensions: 'drop' }).lines).toContain(
      '   extensions: - iscsi-tools, - qemu-guest-agent, - util-linux-tools',
    );
  });

  test('whose extensions nobody knows', () => {
    expect(told({ ...worker, schematic: OTHER_SCHEMATIC })).toMatch(
      /^G-IMAGE: w-4 would perhaps lose iscsi-tools/,
    );
    const known = { images: { 5: { schematic: OTHER_SCHEMATIC } } };
    expect(planOf({ ...worker, schematic: `w-4=${OTHER_SCHEMATIC}` }, known).lines).toContain(
      '   extensions: iscsi-tools, qemu-guest-agent and util-linux-tools stay',
    );
  });

  test('of a node whose schematic is not known', () => {
    expect(told(worker, withWorker({ schematic: null }))).toMatch(
      /^G-IMAGE: w-4 runs extensions that .*: which schematic it would need is not known/,
    );
    expect(
      told(worker, withWorker({ schematic: null, extensions: [] }, { installImage: null })),
    ).toMatch(/^G-IMAGE: w-4 runs an image that no factory made/);
  });

  test('that lacks what the configuration or the other nodes have', () => {
    expect(told(worker, withWorker({ schematic: EMPTY_SCHEMATIC, extensions: [] }))).toBe(
      `G-IMAGE: w-4 lacks the extensions of the image that its configuration names: it was installed from another one. Set schematic=w-4=${SCHEMATIC} to install what its configuration names.`,
    );
    const stock = withWorker(
      { schematic: EMPTY_SCHEMATIC, extensions: [] },
      { installImage: imageOf(EMPTY_SCHEMATIC, 'v1.12.11') },
    );
    expect(told(worker, stock)).toMatch(
      /^G-IMAGE: w-4 runs the stock image without iscsi-tools, qemu-guest-agent and util-linux-tools/,
    );
    const mended = planOf({ ...worker, schematic: `w-4=${SCHEMATIC}` }, stock);
    expect(mended.lines).toContain(
      '   extensions: + iscsi-tools, + qemu-guest-agent, + util-linux-tools',
    );
  });
});

describe('an image is refused as well', () => {
  test('of another flavour than what runs, unless that is kept by word', () => {
    const metal = withWorker(
      {},
      { installImage: imageOf(SCHEMATIC, 'v1.12.11', 'metal-installer') },
    );
    expect(told(worker, metal)).toMatch(/^G-IMAGE: w-4 is of another platform .*it runs nocloud/);
    expect(planOf({ ...worker, flavour: 'running' }, metal).lines).toContain(
      `   image ${imageOf(SCHEMATIC, 'v1.13.9')}`,
    );
    const secure = withWorker({}, { isSecureBoot: true });
    expect(told(worker, secure)).toMatch(/it runs nocloud with Secure Boot/);
  });

  test('that loses extra kernel arguments of GRUB', () => {
    const grub = { hasExtraKernelArgs: true, isUki: false };
    const scene = {
      tag: 'v1.13.9',
      talosctl: 'v1.13.9',
      inspected: { 4: { ...grub, installImage: imageOf(SCHEMATIC, 'v1.13.9') } },
    };
    const answers = { version: 'v1.14.1', node: 'w-4' };
    expect(told(answers, scene)).toMatch(/^G-IMAGE: w-4 has extra kernel arguments/);
    expect(planOf({ ...answers, path: 'legacy' }, scene).kind).toBe('plan');
  });

  test('that does not exist, by its gate', () => {
    const plan = planOf({ ...NEXT, node: 'w-4', schematic: 'b'.repeat(64), extensions: 'drop' });
    const gate = plan.gates.find(({ id }) => id === 'G-IMAGE');
    expect(gate).toMatchObject({ state: 'unknown', override: 'no' });
  });
});

describe('a request is refused', () => {
  test('that is malformed', () => {
    expect(told({ ...NEXT, schematic: 'xyz' })).toMatch(/^usage: xyz is no schematic/);
    expect(told({ ...NEXT, schematic: `w-9=${SCHEMATIC}` })).toMatch(
      /^usage: w-9: a schematic is given/,
    );
    expect(told({ ...NEXT, timeout: '99h' })).toMatch(/^usage: 99h is no time/);
    expect(told({ ...NEXT, timeout: '61m' })).toMatch(/^usage: 61m is no time/);
    expect(told({ ...NEXT, node: 'nobody' })).toMatch(/^usage: nobody: no machine/);
    expect(told({ ...NEXT, extensions: 'some' })).toMatch(
      /^usage: some is no answer to extensions/,
    );
    expect(told({ ...NEXT, pinned: '{}' })).toMatch(/^usage: What the plan has pinned/);
  });

  test('for one of two voters', () => {
    expect(told(NEXT, { controlPlanes: 2 })).toMatch(/^G-ETCD: etcd has two voters/);
    expect(planOf({ ...NEXT, node: 'w-3' }, { controlPlanes: 2, workers: 1 }).level).toBe(2);
  });

  const armed = aRun({
    id: 'r1',
    action: 'upgrade-talos',
    cluster: 'home',
    state: 'cancelled',
    steps: [
      aRunStep({ id: 'arm-w-4', state: 'done' }),
      aRunStep({ id: 'reboot-w-4', state: 'pending' }),
    ],
  });

  test('for a node that an earlier run has armed and not started', () => {
    expect(told(NEXT, { runs: [armed] })).toMatch(
      /^G-ARMED: w-4 is armed: run r1 installed another version on it and did not start it\. .*runs resume r1/,
    );
    expect(planOf({ ...NEXT, armed: 'ignore' }, { runs: [armed] }).kind).toBe('plan');
    expect(planOf({ ...NEXT, node: 'w-5' }, { runs: [armed] }).kind).toBe('plan');
  });

  test('for a node on which an earlier run was stopped while it installed', () => {
    const steps = [
      aRunStep({ id: 'arm-w-4', state: 'pending', isBegun: true }),
      aRunStep({ id: 'reboot-w-4', state: 'pending' }),
    ];
    expect(told(NEXT, { runs: [{ ...armed, steps }] })).toContain('w-4 is armed: run r1');
    const untouched = steps.map((step) => ({ ...step, isBegun: false }));
    expect(planOf(NEXT, { runs: [{ ...armed, steps: untouched }] }).kind).toBe('plan');
  });

  test('no longer when a later run has disarmed it, but as long as that is not proven', () => {
    const disarm = (state: 'done' | 'failed', startedAtMs = armed.startedAtMs + 1_000) =>
      aRun({
        ...{ id: 'r2', action: 'disarm-node', startedAtMs },
        steps: [aRunStep({ id: 'disarm-w-4', state })],
      });
    expect(planOf(NEXT, { runs: [armed, disarm('done')] }).kind).toBe('plan');
    expect(told(NEXT, { runs: [armed, disarm('failed')] })).toContain('armed: run r1');
    const before = disarm('done', armed.startedAtMs - 1_000);
    expect(told(NEXT, { runs: [armed, before] })).toContain('take it back with disarm-node');
  });

  test('no longer when a later run has started it, or it was another cluster or action', () => {
    const later = {
      ...armed,
      id: asRunId('r2'),
      startedAtMs: armed.startedAtMs + 1_000,
      steps: [
        aRunStep({ id: 'arm-w-4', state: 'done' }),
        aRunStep({ id: 'reboot-w-4', state: 'done' }),
      ],
    };
    expect(planOf(NEXT, { runs: [armed, later] }).kind).toBe('plan');
    expect(planOf(NEXT, { runs: [{ ...armed, cluster: 'other' }] }).kind).toBe('plan');
    expect(planOf(NEXT, { runs: [{ ...armed, action: 'reboot-node' }] }).kind).toBe('plan');
  });
});
