import { expect, test } from 'vitest';
import { approveCsrs } from '../../src/actions/approve-csrs.js';
import type { Plan, Step } from '../../src/actions/types.js';
import { asRunId } from '../../src/model/ids.js';
import type { Engine } from '../../src/runs/engine.js';
import type { Journal } from '../../src/runs/journal.js';
import { perform } from '../../src/runs/perform.js';
import { runSummary } from '../../src/runs/run-summary.js';
import type { JournalLine } from '../../src/runs/types.js';
import { aCluster, aSnapshot, fresh, NOW_MS } from '../support/builders.js';
import { aServingCsr, kubeNodeAt, talosMemberAt } from '../support/certificate-request.js';
import { csrApi } from '../support/csr-api.js';
import {
  aConnection,
  anEngine,
  aPlan,
  aRequest,
  aStep,
  goodFacts,
  memoryAudit,
} from '../support/run-world.js';

class Killed extends Error {}

/** Lets `survives` lines through; then the process is dead and no line is ever written again. */
function mortalJournal(lines: JournalLine[], survives: number): Journal {
  let left = survives;
  return {
    append(entry) {
      if (left === 0) throw new Killed();
      left -= 1;
      lines.push({ atMs: NOW_MS, ...entry });
    },
    isConcluded: () => false,
    close: () => undefined,
  };
}

interface Attempt {
  readonly plan: Plan;
  readonly engine: Omit<Engine, 'journal'>;
}

/** Runs once, killed after `survives` lines, then again to the end. @returns all lines and whether it was killed. */
async function killedAndResumed(attempt: () => Attempt, survives: number) {
  const lines: JournalLine[] = [];
  const first = attempt();
  let isKilled = false;
  try {
    await perform(first.plan, { ...first.engine, journal: mortalJournal(lines, survives) });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    isKilled = true;
  }
  const interrupted = runSummary({
    id: asRunId('x'),
    request: aRequest(),
    journal: lines,
    liveness: 'dead',
    nowMs: NOW_MS + 60_000,
  });
  expect(interrupted.state).toBe(isKilled ? 'interrupted' : 'succeeded');
  if (!isKilled) return { lines, isKilled, outcome: 'succeeded' };
  const second = attempt();
  const outcome = await perform(second.plan, {
    ...second.engine,
    journal: mortalJournal(lines, Number.POSITIVE_INFINITY),
  });
  return { lines, isKilled, outcome };
}

test('a run that dies at any line of its journal is resumed to its end, and nothing is done twice', async () => {
  for (let survives = 0; ; survives++) {
    const effects: string[] = [];
    const step = (id: string, isDisruptive: boolean): Step => {
      const real = aStep(id, { isDisruptive });
      return {
        ...real,
        run: async (context) => {
          effects.push(id);
          await real.run(context);
        },
      };
    };
    const plan = aPlan([step('one', false), step('two', true), step('three', false)]);
    const { outcome, isKilled } = await killedAndResumed(
      () => ({ plan, engine: anEngine(plan) }),
      survives,
    );

    expect(outcome).toBe('succeeded');
    expect(effects).toEqual(['one', 'two', 'three']);
    if (!isKilled) {
      expect(survives).toBe(10);
      return;
    }
  }
});

test('an approval that dies at any line of its journal is resumed without a second approval', async () => {
  for (let survives = 0; ; survives++) {
    const csr = aServingCsr({ name: 'csr-a' });
    const api = csrApi([csr]);
    const snapshot = () =>
      aSnapshot({
        cluster: aCluster(),
        kubeNodes: fresh([kubeNodeAt('worker-1', '10.0.0.21')]),
        talosMembers: fresh([talosMemberAt('worker-1', ['10.0.0.21'])]),
        csrs: fresh(api.all()),
      });
    const attempt = (): Attempt => {
      const plan = approveCsrs.plan({
        snapshot: snapshot(),
        answers: { csr: 'csr-a' },
        connection: aConnection(),
        facts: goodFacts(),
        nowMs: NOW_MS,
      });
      if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan));
      const engine = anEngine(plan, { shellFor: () => api.shell });
      const context = { ...engine.context, kube: api.kube, audit: memoryAudit(), snapshot };
      return { plan, engine: { ...engine, context } };
    };
    const { outcome, isKilled } = await killedAndResumed(attempt, survives);

    expect(outcome).toBe('succeeded');
    expect(api.ran.filter((command) => command.includes('replace'))).toHaveLength(1);
    expect(api.get('csr-a').state).toBe('issued');
    if (!isKilled) return;
  }
});
