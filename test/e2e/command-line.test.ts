import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Printed, runCli, talosTui } from '../support/demo.js';
import { actionsShape, errorShape } from '../support/demo-shapes.js';
import { cleanEnvironment, openPty } from '../support/pty.js';

let home = '';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'talos-tui-e2e-'));
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<Printed> => runCli(args, { HOME: home });

/** One sentence on stderr that says what is wrong, and one that says what to do. */
function expectMistake(result: Printed, what: RegExp): void {
  expect(result.stderr).toMatch(what);
  expect(result.stderr).toMatch(/^talos-tui: [^\n]+[.?]\n$/);
  expect(result.stdout).toBe('');
  expect(result.exitCode).toBe(2);
}

test('--version and --help print and end with 0', async () => {
  const printedVersion = await run('--version');
  expect(printedVersion).toMatchObject({ exitCode: 0, stderr: '' });
  expect(printedVersion.stdout).toMatch(/^talos-tui \d+\.\d+\.\d+\n$/);

  const help = await run('--help');
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toMatch(/--demo/);
  expect(help.stdout).toMatch(/Exit codes/);
  expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

describe('a mistake on the command line is named with the next step and ends with 2', () => {
  test.each<[readonly string[], RegExp]>([
    [['--demp'], /Unknown option --demp\. Did you mean --demo\?/],
    [['status', '--jsno'], /Unknown option --jsno\. Did you mean --json\?/],
    [['statsu'], /Unknown command statsu\. Did you mean status\?/],
    [['--cluster'], /--cluster <name> needs a value/],
    [['plan'], /plan needs <action>/],
    [['plan', 'aprove-csrs'], /Unknown action aprove-csrs\. Did you mean approve-csrs\?/],
    [['run', 'approve-csrs', '--set', 'nonsense'], /--set nonsense has no value/],
    [['run', 'approve-csrs', '--set', 'nonsense=1'], /does not ask for nonsense/],
    [['status', 'now'], /Too many arguments for status/],
    [['runs', 'shwo', 'x'], /runs has no shwo\. Did you mean show\?/],
    [['runs', 'show'], /runs show needs the id of a run/],
    [['runs', 'show', 'no-such-run'], /There is no run no-such-run/],
    [['snapshots', 'verfy', 'x'], /snapshots has no verfy\. Did you mean verify\?/],
    [['snapshots', 'verify', '/does/not/exist.db'], /There is no file \/does\/not\/exist\.db/],
    [['lab'], /lab needs a command/],
    [['lab', 'up'], /lab up needs --dir/],
    [['lab', 'up', '--dir', '/dev/null/x', '--time-scale', 'fast'], /--time-scale fast/],
    [['status', '--demo', 'helthy'], /no scenario "helthy"\. Use healthy/],
  ])('%j', async (args, what) => {
    expectMistake(await run(...args), what);
  });
});

test('with --json a mistake is a document, too', async () => {
  const result = await run('plan', 'nonsense', '--json');
  expect(result.exitCode).toBe(2);
  expect(errorShape.parse(JSON.parse(result.stdout)).error.kind).toBe('configuration');
});

test('actions are listed for people and for programs', async () => {
  expect((await run('actions')).stdout).toMatch(/^approve-csrs +\S/m);
  const { stdout, exitCode } = await run('actions', '--json');
  expect(exitCode).toBe(0);
  const ids = actionsShape.parse(JSON.parse(stdout)).actions.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['approve-csrs', 'etcd-snapshot']));
});

test('lab scenarios and changes have one line each', async () => {
  expect((await run('lab', 'scenarios')).stdout).toMatch(/^healthy +\S/m);
  const changes = (await run('lab', 'changes')).stdout;
  for (const change of ['stop-node', 'move-vip', 'new-csr', 'hostile-csr', 'clock-jump']) {
    expect(changes).toMatch(new RegExp(`^${change}\\b.* \\S`, 'm'));
  }
});

test('without any configuration the status says what to do', async () => {
  expectMistake(await run('status'), /No cluster is configured and none was found.*--demo/);
  expectMistake(await run(), /No cluster is configured/);
});

test('an unknown cluster is named with those that exist', async () => {
  const dir = join(home, 'named');
  mkdirSync(dir, { recursive: true });
  expectMistake(
    await run('status', '--cluster', 'hme', '--config-dir', dir),
    /Unknown cluster hme/,
  );
});

describe('a broken file is named with line and reason', () => {
  const files = (name: string, content: string): string => {
    const path = join(home, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };

  test('a talosconfig that is no YAML', async () => {
    const path = files('talosconfig', 'context: lab\ncontexts:\n  lab: [\n');
    const result = await runCli(['status'], { HOME: home, TALOSCONFIG: path });
    expectMistake(result, /talosconfig/);
    expect(result.stderr).toMatch(/line \d/);
  });

  test('a kubeconfig of another shape', async () => {
    const path = files('kubeconfig', 'apiVersion: v1\nclusters: nonsense\n');
    const result = await runCli(['status'], { HOME: home, KUBECONFIG: path });
    expectMistake(result, /kubeconfig/);
    expect(result.stderr).toMatch(/line 2/);
  });

  test('a talosconfig that is not there', async () => {
    const path = join(home, 'missing');
    expectMistake(await runCli(['status'], { HOME: home, TALOSCONFIG: path }), /missing/);
  });

  test('a talosconfig that cannot be read', async () => {
    expectMistake(await runCli(['status'], { HOME: home, TALOSCONFIG: home }), /cannot be read/);
  });

  test('a settings file with an unknown key', async () => {
    const dir = join(home, 'settings');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'settings.yaml'), 'theme: dark\ncolour: red\n');
    const result = await run('clusters', '--config-dir', dir);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toMatch(/settings\.yaml.*line 2.*colour/);
  });
});

test('a reader that closes the pipe early is no error', async () => {
  const [program, ...args] = talosTui('actions');
  const child = spawn(program, args, {
    env: cleanEnvironment({ HOME: home }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await new Promise((done) => child.once('close', done));
  expect(stderr).toBe('');
});

test('ordering something from a lab that does not run ends with 4', async () => {
  const result = await run('lab', 'do', 'stop-node', 'x', '--dir', '/does/not/exist');
  expect(result.exitCode).toBe(4);
  expect(result.stderr).toMatch(/No lab runs in \/does\/not\/exist\. Start one/);
});

test('TERM=dumb is refused with the way out', async () => {
  const session = openPty({ argv: talosTui(), env: { HOME: home, TERM: 'dumb' } });
  expect(await session.exited).toMatchObject({ exitCode: 2 });
  expect(session.output()).toMatch(/TERM=dumb cannot show the console/);
});
