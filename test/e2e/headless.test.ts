import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type DemoLab, type Printed, runCli, startLab } from '../support/demo.js';
import {
  journalShape,
  planShape,
  refusalShape,
  runStartedShape,
  statusShape,
} from '../support/demo-shapes.js';

let lab: DemoLab;

beforeAll(async () => {
  lab = await startLab();
});

afterAll(() => lab.stop());

const run = (...args: readonly string[]): Promise<Printed> => runCli(args, lab.env);

const json = async (...args: readonly string[]): Promise<unknown> =>
  JSON.parse((await run(...args, '--json')).stdout);

const records = ({ stdout }: Printed): readonly unknown[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const lastRun = async (): Promise<string> => {
  const shape = z.object({ runs: z.array(z.object({ id: z.string() })) });
  return shape.parse(await json('runs', 'list')).runs[0]?.id ?? 'none';
};

test('status tells the whole cluster, joined by proof', async () => {
  const { stdout, exitCode } = await run('status', '--json');
  const status = statusShape.parse(JSON.parse(stdout));

  expect(exitCode).toBe(0);
  expect(status.verdict.level).toBe('ok');
  expect(status.machines).toHaveLength(5);
  for (const machine of status.machines) {
    expect(machine.joinedBy.length).toBeGreaterThan(0);
    expect(machine).toMatchObject({
      vm: { status: 'running' },
      talos: { stage: 'running', ready: true },
      kubernetes: { ready: true, unschedulable: false },
      problems: [],
    });
    expect(machine.talos?.extensions.map(({ name }) => name)).toContain('qemu-guest-agent');
  }
  expect(status.etcd).toMatchObject({ members: 3, healthy: 3, quorum: 2, canLose: 1 });
  expect(status.vip?.holder).not.toBeNull();
  expect(status.csrs.pending).toHaveLength(2);
  expect(status.csrs.pending.every(({ approvable }) => approvable)).toBe(true);
  expect(Object.values(status.readings).map(({ state }) => state)).not.toContain('waiting');
});

test('status for people fits into 80 columns and names every machine', async () => {
  const { stdout, exitCode } = await run('status');
  expect(exitCode).toBe(0);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/│ talos-cp-01 +│ control-plane/);
  expect(stdout.match(/│ talos-/g)).toHaveLength(5);
  expect(stdout).toContain('3 of 3 healthy, can lose 1');
  expect(stdout).not.toMatch(/\u001b/);
});

test('--ascii prints nothing but ASCII', async () => {
  expect((await run('status', '--ascii')).stdout).toMatch(/^[\n\u0020-\u007e]+$/);
});

test('clusters lists what was found without connecting', async () => {
  const { stdout, exitCode } = await run('clusters');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Talos, Kubernetes, Proxmox/);
});

describe('a plan', () => {
  test('shows the exact commands and changes nothing', async () => {
    const plan = planShape.parse(await json('plan', 'approve-csrs'));
    expect(plan).toMatchObject({ action: 'approve-csrs', level: 1 });
    expect(plan.steps.length).toBeGreaterThanOrEqual(2);
    expect(plan.gates.every(({ state }) => state === 'green')).toBe(true);

    const again = planShape.parse(await json('run', 'approve-csrs', '--dry-run'));
    expect(again.fingerprint).toBe(plan.fingerprint);
    expect(statusShape.parse(await json('status')).csrs.pending).toHaveLength(2);
  });

  test('needs a confirmation where nobody can be asked', async () => {
    const result = await run('run', 'approve-csrs');
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/--yes/);
  });

  test('is refused in read-only mode', async () => {
    const result = await run('plan', 'approve-csrs', '--read-only', '--json');
    expect(result.exitCode).toBe(3);
    expect(refusalShape.parse(JSON.parse(result.stdout)).refusal.reason).toMatch(/read-only/);
  });
});

describe('an etcd snapshot', () => {
  test('is taken, verified, catalogued and kept private', async () => {
    const result = await run('run', 'etcd-snapshot', '--yes');
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^done: /m);

    const shape = z.object({
      directory: z.string(),
      snapshots: z.array(
        z.looseObject({ file: z.string(), isVerified: z.literal(true), problems: z.tuple([]) }),
      ),
    });
    const { directory, snapshots } = shape.parse(await json('snapshots', 'list'));
    expect(snapshots).toHaveLength(1);
    const file = snapshots[0]?.file ?? '';
    const path = existsSync(file) ? file : join(directory, file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(await run('snapshots', 'verify', path)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await run('snapshots', 'list')).stdout).toMatch(/│ verified/);
    expect(statusShape.parse(await json('status')).snapshots.latestAt).not.toBeNull();

    const flipped = readFileSync(path);
    flipped[5000] = (flipped[5000] ?? 0) ^ 1;
    const copy = join(lab.dir, 'flipped.db');
    writeFileSync(copy, flipped);
    const bad = await run('snapshots', 'verify', copy, '--json');
    expect(bad.exitCode).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({ verified: false });
  });
});

describe('approving serving certificates', () => {
  test('streams its journal until every certificate is issued', async () => {
    const result = await run('run', 'approve-csrs', '--yes', '--json');
    const [first, ...lines] = records(result);
    const { run: id } = runStartedShape.parse(first);
    const journal = lines.map((line) => journalShape.parse(line));

    expect(result.exitCode).toBe(0);
    expect(journal[0]?.type).toBe('started');
    expect(journal.at(-1)?.type).toBe('succeeded');
    const types = journal.map(({ type }) => type);
    expect(types.indexOf('intent')).toBeLessThan(types.indexOf('exit'));
    expect(id).toBe(await lastRun());
    expect(statusShape.parse(await json('status')).csrs.pending).toEqual([]);
  });

  test('is refused with 3 when nothing is pending', async () => {
    const result = await run('plan', 'approve-csrs', '--json');
    expect(result.exitCode).toBe(3);
    refusalShape.parse(JSON.parse(result.stdout));
    expect((await run('run', 'approve-csrs', '--yes')).exitCode).toBe(3);
  });

  test('holds a forged request and says why', async () => {
    await lab.change('hostile-csr', 'vip', 'talos-w-01');
    const { csrs } = statusShape.parse(await json('status'));
    expect(csrs.pending).toHaveLength(1);
    expect(csrs.pending[0]).toMatchObject({ approvable: false });
    expect(csrs.pending[0]?.reasons.join(' ')).not.toBe('');
    expect((await run('run', 'approve-csrs', '--yes')).exitCode).toBe(3);
    expect(statusShape.parse(await json('status')).csrs.pending).toHaveLength(1);
  });
});

test('runs are listed, shown and exported as a script', async () => {
  const id = await lastRun();
  const list = (await run('runs')).stdout;
  expect(list).toContain(id);
  expect(Math.max(...list.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect((await run('runs', 'show', id)).stdout).toMatch(/succeeded/);
  expect(await run('runs', 'follow', id)).toMatchObject({ exitCode: 0 });
  const script = (await run('runs', 'export', id)).stdout;
  expect(script).toMatch(/^#!\/bin\/(ba)?sh/);
  expect(script).toMatch(/certificatesigningrequests|kubectl/);
  expect(await run('runs', 'cancel', id)).toMatchObject({ exitCode: 1 });
});

test('--detach returns at once and the run goes on by itself', async () => {
  const { stdout, exitCode } = await run('run', 'etcd-snapshot', '--yes', '--detach', '--json');
  const { run: id } = runStartedShape.parse(JSON.parse(stdout));
  expect(exitCode).toBe(0);
  expect(await run('runs', 'follow', id)).toMatchObject({ exitCode: 0 });
});

test('a stopped node is a failure, named, with exit code 1', async () => {
  await lab.change('stop-node', 'talos-w-02');
  const { stdout, exitCode } = await run('status', '--json');
  const status = statusShape.parse(JSON.parse(stdout));
  expect(exitCode).toBe(1);
  expect(status.verdict.level).toBe('fail');
  expect(status.verdict.text).toMatch(/talos-w-02/);
  await lab.change('start-node', 'talos-w-02');
});
