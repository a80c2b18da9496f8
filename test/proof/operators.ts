import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LEASE_DURATION_MS } from '../../src/runs/lease-record.js';
import { journalPath } from '../../src/runs/run-files.js';
import type { Wishes } from './main.js';
import { openPlace, type Place } from './place.js';
import type { Finished } from './program.js';
import { type RunView, readJournal, startRun } from './run-view.js';
import { effectsText } from './witness.js';

const WORKER = 'node=talos-w-02';
const HOLDER = /\S+@\S+:\S+reboot-node\S+|\S+reboot-node\S+/;
const NODES = ['talos-cp-02', 'talos-cp-03', 'talos-w-01', 'talos-w-02'];

/** Two operators: on one host, and on two hosts that share nothing but the cluster. @returns how many got in. */
export async function proveOperators(wishes: Wishes): Promise<number> {
  const place = await openPlace({ scenario: 'healthy', seed: wishes.seed });
  try {
    const isRaceOnly = wishes.words.includes('race');
    const failures = isRaceOnly ? 0 : await proveSecond(place, wishes);
    return failures + (await proveRace(place, wishes));
  } finally {
    await place.close();
  }
}

async function proveSecond(place: Place, { say }: Wishes): Promise<number> {
  let failures = 0;
  const expectRefused = (title: string, { exitCode, stdout, stderr }: Finished): void => {
    const said = `${stdout}${stderr}`;
    const isRefused = exitCode === 3 && HOLDER.test(said);
    if (!isRefused) failures += 1;
    const line = said.split('\n').find((each) => HOLDER.test(each)) ?? said;
    say(`${title}: exit ${exitCode}, ${isRefused ? 'refused' : 'NOT REFUSED'}: ${line.trim()}`);
  };
  const first = await startRun(place, ['reboot-node', '--set', 'node=talos-w-01'], []);
  if (!('id' in first)) throw new Error(first.said);
  await until(() => first.journal().some(({ type }) => type === 'paused'));
  const cordon = ['run', 'cordon', '--set', WORKER, '--yes'];
  const elsewhere = ['--state-dir', join(place.home, 'elsewhere'), ...cordon];
  const takeover = ['--override', 'G-LOCK', '--confirm-name', 'lab'];

  expectRefused('the same host', await place.cli(...cordon));
  expectRefused('the same host, --override G-LOCK', await place.cli(...cordon, ...takeover));
  expectRefused('another host', await place.cli(...elsewhere));
  expectRefused(
    'another host, --override G-LOCK while the holder lives',
    await place.cli(...elsewhere, ...takeover),
  );
  process.kill(first.pid() ?? 0, 'SIGKILL');
  await sleep(LEASE_DURATION_MS + 5_000);
  expectRefused('another host, the Lease expired', await place.cli(...elsewhere));
  const before = effectsText(place.witness.effects());
  if (before !== 'nothing') {
    failures += 1;
    say(`  FAILED a refused operator changed something: ${before}`);
  }
  const taken = await place.cli(...elsewhere, ...takeover);
  if (taken.exitCode !== 0) failures += 1;
  say(
    `another host, the Lease expired, --override G-LOCK: exit ${taken.exitCode}, ${taken.exitCode === 0 ? 'taken over' : `NOT TAKEN OVER ${taken.stdout}${taken.stderr}`}`,
  );
  // A node that somebody else has cordoned holds the first run: rightly.
  await place.change('uncordon talos-w-02');
  failures += await resumeTheFirst(place, first, say);
  return failures;
}

/** Its Lease went to somebody else and was given back: it may go on. */
async function resumeTheFirst(place: Place, first: RunView, say: Wishes['say']): Promise<number> {
  const back = await place.cli('runs', 'resume', first.id);
  const { exitCode } = back;
  say(
    `the first one, resumed: exit ${exitCode}, ${exitCode === 0 ? effectsText(place.witness.effects()) : `FAILED ${back.stdout.slice(-600)}${back.stderr}`}`,
  );
  return exitCode === 0 ? 0 : 1;
}

/** Operators of several hosts at the same moment, each with a node of his own: whoever gets in changes alone. */
async function proveRace(place: Place, { say, most }: Wishes): Promise<number> {
  let failures = 0;
  const codes: (number | null)[] = [];
  const rounds = Math.max(1, Math.floor(most / NODES.length));
  for (let round = 0; round < rounds; round += 1) {
    const verb = round % 2 === 0 ? 'cordon' : 'uncordon';
    const all = await Promise.all(
      NODES.map((node) =>
        place.cli(
          ...['--state-dir', join(place.home, `operator-${node}`)],
          ...['run', verb, '--set', `node=${node}`, '--yes', '--json'],
        ),
      ),
    );
    for (const { exitCode, stdout, stderr } of all) {
      codes.push(exitCode);
      // 4: on a busy host the cluster could not be read in time, and nothing was begun.
      if (exitCode === 0 || exitCode === 3 || exitCode === 4) continue;
      failures += 1;
      say(`  FAILED exit ${exitCode}: ${stdout.slice(-400)}${stderr.slice(-400)}`);
    }
  }
  const held = NODES.flatMap((node) => holdings(join(place.home, `operator-${node}`)));
  const together = held.filter((one) =>
    held.some((other) => other !== one && one.fromMs < other.toMs && other.fromMs < one.toMs),
  );
  const count = (code: number): number => codes.filter((each) => each === code).length;
  say(
    `${NODES.length} operators at once, ${rounds} rounds: ${count(0)} let in, ${count(3)} refused, ${count(4)} without an answer of the cluster in time, ${held.length} changes, ${together.length} of them at the same time as another`,
  );
  return failures + together.length;
}

interface Holding {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the first intent to the end of the last command of each run. */
function holdings(stateDir: string): readonly Holding[] {
  const runs = join(stateDir, 'runs');
  return (existsSync(runs) ? readdirSync(runs) : []).flatMap((id) => {
    const journal = readJournal(journalPath(join(runs, id)));
    const from = journal.find(({ type }) => type === 'intent');
    const to = journal.findLast(({ type }) => type === 'exit');
    return from === undefined || to === undefined ? [] : [{ fromMs: from.atMs, toMs: to.atMs }];
  });
}

async function until(isSo: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + 120_000;
  while (!isSo()) {
    if (performance.now() > giveUpMs) throw new Error('The first run does not pause.');
    await sleep(50);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
