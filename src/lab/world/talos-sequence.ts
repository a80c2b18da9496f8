import { isKubeWritable } from './api-server.js';
import { setCordon } from './kubelet.js';
import { laterInLife } from './life.js';
import { touchNode } from './node.js';
import type { SequenceName } from './talos-journal.js';
import type { LabNode, Stage, World } from './types.js';

/** What a task has to say when it is over: null = done, else why it failed. */
export type TaskEnd = (failure: string | null) => void;

export interface Task {
  readonly name: string;
  /** Changes the world and calls `end` once, now or later. */
  readonly run: (end: TaskEnd) => void;
}

export interface Phase {
  readonly name: string;
  readonly task: Task;
  /** Talos logs the failure of such a phase and goes on. */
  readonly mayFail?: boolean;
  /** A stage that begins with this phase. */
  readonly stage?: Stage;
}

export interface Plan {
  readonly name: SequenceName;
  readonly actorId: string;
  /** The stage that the sequence's start brings. */
  readonly stage?: Stage;
  readonly phases: readonly Phase[];
  /** Cancels whatever runs. */
  readonly takesOver?: boolean;
  readonly onEnd?: (failure: string | null) => void;
}

/** talos: sequencer.go, sequenceTakeOver: what may cancel what runs. */
const TAKE_OVER: Readonly<Partial<Record<SequenceName, readonly SequenceName[]>>> = {
  boot: ['reboot', 'reset', 'upgrade'],
  reboot: ['reboot'],
  reset: ['reboot'],
};

const isAllowed = (node: LabNode, plan: Plan): boolean => {
  const { sequence } = node.machine;
  return (
    sequence === null ||
    plan.takesOver === true ||
    (TAKE_OVER[sequence.name] ?? []).includes(plan.name)
  );
};

/** A task that takes its time and always succeeds. */
export const pause = (
  world: World,
  node: LabNode,
  name: string,
  ms: number,
  effect: () => void = () => {},
): Task => ({
  name,
  run: (end) => {
    effect();
    laterInLife(world, node, ms, () => end(null));
  },
});

export const phase = (name: string, task: Task, more: Partial<Phase> = {}): Phase => ({
  name,
  task,
  ...more,
});

/**
 * Runs phase after phase and says so in the journal, as machined's controller does.
 * @returns false when another sequence holds the lock: it has been said.
 */
export function runSequence(world: World, node: LabNode, plan: Plan): boolean {
  if (!isAllowed(node, plan)) {
    node.journal.note(
      world.clock.now(),
      {
        kind: 'sequence',
        sequence: plan.name,
        action: 'NOOP',
        error: { code: 'LOCKED', message: 'sequence not started: locked' },
      },
      plan.actorId,
    );
    return false;
  }
  node.machine.sequence = { name: plan.name, actorId: plan.actorId };
  new Runner(world, node, plan).start();
  return true;
}

class Runner {
  readonly #world: World;
  readonly #node: LabNode;
  readonly #plan: Plan;
  readonly #own: LabNode['machine']['sequence'];
  readonly #startedAtMs: number;

  constructor(world: World, node: LabNode, plan: Plan) {
    this.#world = world;
    this.#node = node;
    this.#plan = plan;
    this.#own = node.machine.sequence;
    this.#startedAtMs = world.clock.now();
  }

  start(): void {
    const { name, phases, stage } = this.#plan;
    this.#note({ kind: 'sequence', sequence: name, action: 'START' });
    this.#say(`${name} sequence: ${phases.length} phase(s)`);
    if (stage !== undefined) this.#setStage(stage);
    this.#phase(0);
  }

  get #isOver(): boolean {
    return this.#node.machine.sequence !== this.#own;
  }

  #phase(index: number): void {
    const phase = this.#plan.phases[index];
    if (this.#isOver) return;
    if (phase === undefined) {
      this.#finish(null);
      return;
    }
    const progress = `${index + 1}/${this.#plan.phases.length}`;
    this.#note({ kind: 'phase', phase: phase.name, action: 'START' });
    this.#say(`phase ${phase.name} (${progress}): 1 tasks(s)`);
    if (phase.stage !== undefined) this.#setStage(phase.stage);
    this.#note({ kind: 'task', task: phase.task.name, action: 'START' });
    this.#say(`task ${phase.task.name} (1/1): starting`);
    const startedAtMs = this.#world.clock.now();
    phase.task.run((failure) => {
      if (this.#isOver) return;
      const took = durationText(this.#world.clock.now() - startedAtMs);
      this.#say(
        failure === null
          ? `task ${phase.task.name} (1/1): done, ${took}`
          : `task ${phase.task.name} (1/1): failed: ${failure}`,
      );
      this.#note({ kind: 'task', task: phase.task.name, action: 'STOP' });
      this.#note({ kind: 'phase', phase: phase.name, action: 'STOP' });
      const isFatal = failure !== null && phase.mayFail !== true;
      this.#say(
        isFatal
          ? `phase ${phase.name} (${progress}): failed`
          : `phase ${phase.name} (${progress}): done, ${took}`,
      );
      if (isFatal) {
        this.#finish(
          `error running phase ${index + 1} in ${this.#plan.name} sequence: task 1/1: failed, ${failure}`,
        );
      } else this.#phase(index + 1);
    });
  }

  #finish(failure: string | null): void {
    const { name, onEnd } = this.#plan;
    this.#say(
      failure === null
        ? `${name} sequence: done: ${durationText(this.#world.clock.now() - this.#startedAtMs)}`
        : `${name} sequence: failed`,
    );
    this.#note({ kind: 'sequence', sequence: name, action: 'STOP' });
    if (failure !== null) {
      this.#note({
        kind: 'sequence',
        sequence: name,
        action: 'NOOP',
        error: { code: 'FATAL', message: `sequence failed: ${failure}` },
      });
    }
    this.#node.machine.sequence = null;
    onEnd?.(failure);
  }

  #setStage(stage: Stage): void {
    this.#node.stage = stage;
    touchNode(this.#world, this.#node);
    if (CORDONING.has(stage)) cordonSoon(this.#world, this.#node);
  }

  #say(text: string): void {
    this.#node.journal.say(this.#world.clock.now(), text);
  }

  #note(what: Parameters<LabNode['journal']['note']>[1]): void {
    this.#node.journal.note(this.#world.clock.now(), what, this.#plan.actorId);
  }
}

/** talos: NodeCordonedSpecController follows the stage; a reboot is none of these. */
const CORDONING: ReadonlySet<Stage> = new Set(['shutting down', 'upgrading', 'resetting']);
const CORDON_MS = 400;

function cordonSoon(world: World, node: LabNode): void {
  laterInLife(world, node, CORDON_MS, () => {
    if (isKubeWritable(world)) setCordon(world, node, true, 'talos');
  });
}

/** Go's time.Duration, to the millisecond. */
const durationText = (ms: number): string =>
  ms < 1000 ? `${Math.max(1, Math.round(ms))}ms` : `${(ms / 1000).toFixed(3)}s`;
