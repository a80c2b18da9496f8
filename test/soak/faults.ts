import { applyChange } from '../../src/lab/control/changes.js';
import { getObject, listObjects, putObject } from '../../src/lab/world/kube-store.js';
import type { LabNode, World } from '../../src/lab/world/types.js';
import { ClientError, type ErrorKind } from '../../src/model/errors.js';
import type { Dice } from './dice.js';
import type { Doors } from './doors.js';
import { Killed, type SimClock } from './sim-clock.js';

export interface FaultPlan {
  /** How many things may go wrong, kills of the run process included. */
  readonly budget: number;
  /** Per call of a command or an order; reads are more, and meet it a tenth as often. */
  readonly rate: number;
}

/** The place where things go wrong; `log` tells what did. */
export interface Faults extends Doors {
  readonly log: readonly string[];
  /** Right before and right after a line is on disk. */
  readonly onJournal: (moment: string) => void;
  /** A new process stands at the doors: what was killed before is over. */
  readonly renew: (clock: SimClock) => void;
  /** Everything that an operator could mend is mended, and nothing more goes wrong. */
  readonly mendAll: () => void;
  /** Before the run nothing goes wrong. */
  readonly begin: () => void;
}

/** Dies at the given event of its first process, counted over journal lines and everything about commands. */
export function createKill(
  at: number,
  first: SimClock,
): Faults & { readonly events: () => number } {
  const log: string[] = [];
  let clock = first;
  let count = 0;
  let isArmed = false;
  const meet = (event: string): void => {
    if (clock.isKilled()) throw new Killed();
    if (!isArmed) return;
    count += 1;
    if (count !== at) return;
    log.push(`${clock.now()} kill -9 at event ${at}: ${event}`);
    clock.kill();
    throw new Killed();
  };
  return {
    get clock() {
      return clock;
    },
    log,
    enter(call) {
      if (clock.isKilled()) throw new Killed();
      if (isCommand(call) || call === 'wait') meet(call);
    },
    onJournal: meet,
    isStale: () => false,
    renew(next) {
      clock = next;
    },
    mendAll: () => undefined,
    begin() {
      isArmed = true;
    },
    events: () => count,
  };
}

const isRead = (call: string): boolean => call.includes(' get --raw ');

const isCommand = (call: string): boolean =>
  /^(run|ran|pve (PUT|POST|DELETE)|pve-answer) /.test(call) && !isRead(call);

export function createFaults(world: World, dice: Dice, plan: FaultPlan, first: SimClock): Faults {
  const log: string[] = [];
  const mends: (() => void)[] = [];
  let clock = first;
  let left = 0;
  let staleUntilMs = 0;
  const say = (text: string): void => void log.push(`${clock.now()} ${text}`);
  const mend = (): void => {
    for (const each of mends.splice(0)) each();
  };

  const strike = (call: string): void => {
    left -= 1;
    switch (dice.pick(['kill', 'error', 'error', 'stale', 'world', 'world'])) {
      case 'kill':
        say(`kill -9 at ${call}`);
        clock.kill();
        throw new Killed();
      case 'error':
        say(`error at ${call}`);
        throw anError(call, dice);
      case 'stale':
        say('watches say nothing for 40 s');
        staleUntilMs = world.clock.monotonicMs() + 40_000;
        return;
      case 'world': {
        const happening = dice.pick(HAPPENINGS);
        const told = happening({ world, dice, mends });
        if (told !== null) say(`${told} at ${call}`);
      }
    }
  };

  return {
    get clock() {
      return clock;
    },
    log,
    enter(call) {
      if (clock.isKilled()) throw new Killed();
      if (left <= 0) return;
      const rate = isCommand(call) ? plan.rate : plan.rate / 40;
      if (dice.isLucky(rate)) strike(call);
    },
    onJournal() {
      if (clock.isKilled()) throw new Killed();
    },
    isStale: () => world.clock.monotonicMs() < staleUntilMs,
    renew(next) {
      clock = next;
    },
    mendAll() {
      left = 0;
      staleUntilMs = 0;
      mend();
      say('everything is mended');
    },
    begin() {
      left = plan.budget;
    },
  };
}

function anError(call: string, dice: Dice): ClientError {
  const kind = dice.pick<ErrorKind>([
    'unreachable',
    'timeout',
    'rejected',
    'malformed',
    'forbidden',
  ]);
  return new ClientError(kind, `${call}: ${kind}, by the soak`, 'Try again.');
}

interface Scene {
  readonly world: World;
  readonly dice: Dice;
  readonly mends: (() => void)[];
}

type Happening = (scene: Scene) => string | null;

const LAB_ONLY = { renewCredential: (): void => undefined };

/** @returns what was said, or null where the world is not in the state for it. */
function change(world: World, line: string): string | null {
  const [name = '', ...args] = line.split(' ');
  try {
    applyChange({ world, ...LAB_ONLY }, name, args);
    return line;
  } catch {
    return null;
  }
}

const anyNode = ({ world, dice }: Scene): LabNode => {
  const [first, ...rest] = [...world.nodes.values()];
  if (first === undefined) throw new Error('A world without machines.');
  return dice.pick([first, ...rest]);
};

const thenBack =
  (line: (node: LabNode) => string, back: (node: LabNode) => string): Happening =>
  (scene) => {
    const { world, dice, mends } = scene;
    const node = anyNode(scene);
    const told = change(world, line(node));
    if (told === null) return null;
    const undo = (): void => void change(world, back(node));
    mends.push(undo);
    // Half of what breaks comes back by itself.
    if (dice.isLucky(0.5)) world.clock.after(dice.int(20, 400) * 1_000, undo);
    return told;
  };

function strictBudgets({ world, mends }: Scene): string {
  const before = listObjects(world, 'poddisruptionbudgets');
  const told = change(world, 'strict-pdbs');
  mends.push(() => {
    for (const { metadata, spec } of before) {
      const now = getObject(world, 'poddisruptionbudgets', metadata.name, metadata.namespace);
      if (now !== undefined) putObject(world, 'poddisruptionbudgets', { ...now, spec });
    }
  });
  return told ?? 'strict-pdbs';
}

const HAPPENINGS: readonly [Happening, ...Happening[]] = [
  thenBack(
    ({ hostname }) => `stop-node ${hostname} crash`,
    ({ hostname }) => `start-node ${hostname}`,
  ),
  thenBack(
    ({ hostname }) => `hang-node ${hostname}`,
    ({ hostname }) => `unhang-node ${hostname}`,
  ),
  thenBack(
    ({ hostname }) => `partition-node ${hostname}`,
    ({ hostname }) => `heal-node ${hostname}`,
  ),
  thenBack(
    ({ vmId }) => `lock-vm ${vmId} backup`,
    ({ vmId }) => `unlock-vm ${vmId}`,
  ),
  thenBack(
    ({ vmId }) => `attach-iso ${vmId}`,
    ({ vmId }) => `detach-iso ${vmId}`,
  ),
  thenBack(
    ({ hostname }) => `etcd-alarm NOSPACE ${hostname}`,
    () => 'clear-alarm',
  ),
  thenBack(
    ({ hostname }) => `cordon ${hostname}`,
    ({ hostname }) => `uncordon ${hostname}`,
  ),
  strictBudgets,
  thenBack(
    () => 'clock-jump 600',
    () => 'clock-jump -600',
  ),
  (scene) => change(scene.world, `etcd-leader ${anyNode(scene).hostname}`),
  (scene) => change(scene.world, `move-vip ${anyNode(scene).hostname}`),
  (scene) => change(scene.world, `reboot-node ${anyNode(scene).hostname}`),
  (scene) => change(scene.world, 'fill-storage local-lvm 93'),
];
