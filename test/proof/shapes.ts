import type { Wishes } from './main.js';
import { openPlace, type Place } from './place.js';
import { showRun, startRun, viewOf } from './run-view.js';
import { SHAPED_ACTIONS, SHAPES, type Shape, type ShapedAction } from './shape-list.js';
import { effectsText } from './witness.js';

const SIZE = 'size=120G';
const PAUSED_LIMIT_MS = 120_000;

interface PlanDocument {
  readonly level?: number;
  readonly gates?: readonly {
    readonly id: string;
    readonly state: string;
    readonly text: string;
  }[];
  readonly steps?: readonly unknown[];
  readonly gate?: string;
  readonly reason?: string;
  readonly error?: { readonly message?: string };
}

/** Every shape of operations C4 with every disruptive action. @returns how many said something else than they must. */
export async function proveShapes(wishes: Wishes): Promise<number> {
  let failures = 0;
  const chosen = SHAPES.filter(
    ({ name }) => wishes.words.length === 0 || wishes.words.some((word) => name.includes(word)),
  );
  for (const shape of chosen) {
    const actions = SHAPED_ACTIONS.filter((action) => (wishes.action ?? action) === action);
    if (wishes.mode !== 'run') failures += await proveRefusals(shape, actions, wishes);
    if (wishes.mode === 'plan') continue;
    for (const action of actions.filter((each) => shape.runs?.includes(each) === true)) {
      failures += await proveRun(shape, action, wishes);
    }
  }
  return failures;
}

const argsOf = (shape: Shape, action: ShapedAction): readonly string[] => [
  action,
  ...[
    '--set',
    `node=${action === 'resize-ephemeral' ? (shape.resized ?? shape.node) : shape.node}`,
  ],
  ...(action === 'resize-ephemeral' ? ['--set', SIZE] : []),
  ...(action === 'upgrade-talos' ? ['--set', `version=${shape.version ?? 'v1.12.5'}`] : []),
];

const openShape = ({ scenario, talos, changes }: Shape, { seed }: Wishes): Promise<Place> =>
  openPlace({ scenario, talos, changes, seed });

async function proveRefusals(
  shape: Shape,
  actions: readonly ShapedAction[],
  wishes: Wishes,
): Promise<number> {
  let failures = 0;
  const place = await openShape(shape, wishes);
  try {
    for (const action of actions) {
      const { exitCode, stdout, stderr } = await place.cli(
        ...['plan', ...argsOf(shape, action), '--json'],
      );
      const document = parsed(stdout);
      const closed = (document.gates ?? []).filter(({ state }) => state !== 'green');
      const wanted = shape.refusedBy[action];
      const isAsWanted =
        wanted === null
          ? exitCode === 0 && closed.length === 0
          : exitCode === 3 && `${stdout}${stderr}`.includes(wanted);
      if (!isAsWanted) failures += 1;
      const said =
        document.gates === undefined
          ? `${stdout}${stderr}`.replaceAll(/\s+/g, ' ').slice(0, 400)
          : closed.map(({ id, state, text }) => `${id} ${state}: ${text}`).join('; ') ||
            `level ${document.level}, ${document.steps?.length} steps`;
      wishes.say(
        `| ${shape.name} | ${action} | plan | ${exitCode} | ${isAsWanted ? 'as it must' : `NOT AS IT MUST (${wanted ?? 'free'})`} | ${said} |`,
      );
    }
    const effects = effectsText(place.witness.effects());
    if (effects !== 'nothing') {
      failures += 1;
      wishes.say(`  FAILED planning changed something: ${effects}`);
    }
  } finally {
    await place.close();
  }
  return failures;
}

function parsed(stdout: string): PlanDocument {
  try {
    return JSON.parse(stdout) as PlanDocument;
  } catch {
    return {};
  }
}

async function proveRun(shape: Shape, action: ShapedAction, wishes: Wishes): Promise<number> {
  const place = await openShape(shape, wishes);
  try {
    const startedMs = performance.now();
    const run = await startRun(place, argsOf(shape, action));
    if (!('id' in run)) {
      wishes.say(`| ${shape.name} | ${action} | run | ${run.exitCode} | FAILED | ${run.said} |`);
      return 1;
    }
    const follower = place.cli('runs', 'follow', run.id);
    if (shape.atSecondNode !== undefined) await troubleAtSecondNode(place, run.id, shape);
    const { exitCode } = await follower;
    const { state, outcome } = await showRun(place, run.id);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const isAsWanted =
      shape.atSecondNode === undefined ? state === 'succeeded' : state !== 'running';
    wishes.say(
      `| ${shape.name} | ${action} | run | ${exitCode} | ${isAsWanted ? state : `NOT AS IT MUST: ${state}`} | ${seconds} s, ${effectsText(place.witness.effects())}${state === 'succeeded' ? '' : `; ${outcome}`} |`,
    );
    return isAsWanted ? 0 : 1;
  } finally {
    await place.close();
  }
}

/** Breaks something when the second node begins; a run that then pauses for too long is cancelled. */
async function troubleAtSecondNode(place: Place, id: string, shape: Shape): Promise<void> {
  const [, second = ''] = shape.node.split(',');
  const { journal } = viewOf(place, id);
  const begins = (): boolean =>
    journal().some((line) => line.type === 'step' && line.step.endsWith(second));
  const hasEnded = (): boolean =>
    journal().some(({ type }) => ['succeeded', 'failed', 'cancelled'].includes(type));
  while (!begins() && !hasEnded()) await sleep(20);
  await place.change(shape.atSecondNode ?? '');
  const giveUpMs = performance.now() + PAUSED_LIMIT_MS;
  while (!hasEnded() && performance.now() < giveUpMs) await sleep(200);
  if (!hasEnded()) await place.cli('runs', 'cancel', id);
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
