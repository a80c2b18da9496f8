import { ClientError, type OperatorError } from '../model/errors.js';
import type { KubeServerState } from '../model/kubernetes.js';
import { isSilence } from '../model/layers.js';
import type { Clock } from './clock.js';
import type { KubeAlternatives } from './kube-alternatives.js';
import { createKubeProbe, type KubeProbe, type KubeSign } from './kube-probe.js';

/** After a call has failed: another server is used now, the same one answers again, or nobody does. */
export type Recovery = 'switched' | 'answers' | 'none';

/** Which API server is used: the kubeconfig's, or another control plane while that one does not answer. */
export interface KubeRoute {
  /** URL of the other control plane; null while the kubeconfig's server is used. */
  readonly viaServer: () => string | null;
  /** Whether there is anybody else to ask. */
  readonly hasOthers: () => boolean;
  /** Grows with every switch. A call notes it before it starts. */
  readonly turn: () => number;
  /** Looks whether the server answers and changes to one that does. @param since Turn of the call that failed. */
  readonly recover: (since: number) => Promise<Recovery>;
  /** The failure, with what became of the search for another server. */
  readonly explain: (error: OperatorError) => OperatorError;
  /** Of the kubeconfig's server, as last seen, while another one is used. */
  readonly serverState: () => KubeServerState;
  /** @returns stop */
  readonly onSwitch: (listener: () => void) => () => void;
  /** Told of every switch and of every new server state. @returns stop */
  readonly onChange: (listener: () => void) => () => void;
  readonly close: () => void;
}

export interface KubeRouteWiring {
  readonly alternatives: KubeAlternatives | null;
  readonly clock: Clock;
  /** From now on requests go there; null = to the kubeconfig's server. */
  readonly use: (server: string | null) => void;
}

/** With the sign of life (1.5 s) and the suspicion (0.8 s) a switch begins within 4 s (operations C2: 5 s). */
const PATIENCE_MS = 1_000;
const OTHERS_MS = 2_000;
/** On a busy host nobody is quick: only who takes far longer than the others is called silent. */
const SLOWER_TIMES = 4;
const HOME_EVERY_MS = 3_000;
/** Nobody waits for it. */
const HOME_MS = 3_000;
/** It must have answered for so long before it is trusted again; twice as long each time that it was too soon. */
const HOLD_MS = 9_000;
const MAX_HOLD_MS = 300_000;
/** Whoever is lost again within this time came back too soon. */
const TOO_SOON_MS = 300_000;

const ALONE: KubeRoute = {
  viaServer: () => null,
  hasOthers: () => false,
  turn: () => 0,
  recover: async () => 'none',
  explain: (error) => error,
  serverState: () => 'silent',
  onSwitch: () => () => undefined,
  onChange: () => () => undefined,
  close: () => undefined,
};

export function createKubeRoute({ alternatives, clock, use }: KubeRouteWiring): KubeRoute {
  if (alternatives === null) return ALONE;
  const { configured, caPem, others } = alternatives;
  const probe = createKubeProbe(caPem, clock);
  const onSwitch = createListeners();
  const onChange = createListeners();
  let via: string | null = null;
  let turn = 0;
  let searching: Promise<Recovery> | null = null;
  let problems: readonly ClientError[] = [];
  let isClosed = false;

  const change = (server: string) => {
    if (via === null) home.leave();
    via = server === configured ? null : server;
    turn += 1;
    problems = [];
    use(via);
    if (via === null) home.arrive();
    onSwitch.tell();
    onChange.tell();
  };
  const home = createHomecoming(clock, {
    probe: () => probe(configured, () => HOME_MS),
    tell: onChange.tell,
    go: () => {
      if (!isClosed && searching === null && via !== null) change(configured);
    },
  });

  const search = async (): Promise<Recovery> => {
    const current = via ?? configured;
    const candidates = [configured, ...others()].filter((each) => each !== current);
    const { answers, patienceMs } = askOthers(probe, candidates);
    const { problem } = await probe(current, patienceMs);
    if (problem === null) return 'answers';
    // A server whose certificate is wrong is there: that is for the operator to settle.
    if (via === null && !isSilence(problem)) return 'none';
    const found = await firstUsable(answers);
    if (isClosed) return 'none';
    if (found !== null) {
      change(found);
      return 'switched';
    }
    problems = (await Promise.all(answers)).flatMap((each) => each.problem ?? []);
    return 'none';
  };

  return {
    viaServer: () => via,
    hasOthers: () => others().length > 0,
    turn: () => turn,
    async recover(since) {
      if (turn !== since) return 'switched';
      if (isClosed || (via === null && others().length === 0)) return 'none';
      searching ??= search().finally(() => {
        searching = null;
      });
      return await searching;
    },
    explain: (error) => (isSilence(error) ? explained(error, problems) : error),
    serverState: home.state,
    onSwitch: onSwitch.add,
    onChange: onChange.add,
    close() {
      isClosed = true;
      home.stop();
    },
  };
}

function createListeners() {
  const listeners = new Set<() => void>();
  return {
    add(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell() {
      for (const listener of [...listeners]) listener();
    },
  };
}

interface Homecoming {
  readonly state: () => KubeServerState;
  readonly leave: () => void;
  readonly arrive: () => void;
  readonly stop: () => void;
}

interface HomecomingWiring {
  readonly probe: () => Promise<KubeSign>;
  /** It answers, or does not any more. */
  readonly tell: () => void;
  readonly go: () => void;
}

/** Waits until the kubeconfig's server has answered for a while, and longer the more often it was lost again. */
function createHomecoming(clock: Clock, { probe, tell, go }: HomecomingWiring): Homecoming {
  let holdMs = HOLD_MS;
  let arrivedAtMs = Number.NEGATIVE_INFINITY;
  let steadySinceMs: number | null = null;
  let stopTimer = () => {};

  const schedule = () => {
    stopTimer = clock.after(HOME_EVERY_MS, () => void look());
  };
  const look = async () => {
    const own = stopTimer;
    const { problem } = await probe();
    if (own !== stopTimer) return;
    schedule();
    const isChanged = (problem === null) === (steadySinceMs === null);
    steadySinceMs = problem === null ? (steadySinceMs ?? clock.now()) : null;
    if (isChanged) tell();
    if (steadySinceMs !== null && clock.now() - steadySinceMs >= holdMs) go();
  };
  const stop = () => {
    stopTimer();
    stopTimer = () => {};
  };

  return {
    state() {
      if (steadySinceMs === null) return 'silent';
      return holdMs > HOLD_MS ? 'unsteady' : 'back';
    },
    leave() {
      const isTooSoon = clock.now() - arrivedAtMs < TOO_SOON_MS;
      holdMs = isTooSoon ? Math.min(holdMs * 2, MAX_HOLD_MS) : HOLD_MS;
      steadySinceMs = null;
      schedule();
    },
    arrive() {
      arrivedAtMs = clock.now();
      stop();
    },
    stop,
  };
}

interface ProbeAnswer {
  readonly server: string;
  readonly problem: ClientError | null;
}

/** @returns patienceMs how long the one that is suspected may take: by how long the others take at this moment. */
function askOthers(probe: KubeProbe, servers: readonly string[]) {
  let quickestMs = Number.POSITIVE_INFINITY;
  const answers = servers.map(async (server): Promise<ProbeAnswer> => {
    const { problem, tookMs } = await probe(server, () => OTHERS_MS);
    if (problem === null) quickestMs = Math.min(quickestMs, tookMs);
    return { server, problem };
  });
  const patienceMs = () =>
    Number.isFinite(quickestMs) ? Math.max(PATIENCE_MS, quickestMs * SLOWER_TIMES) : OTHERS_MS;
  return { answers, patienceMs };
}

async function firstUsable(answers: readonly Promise<ProbeAnswer>[]): Promise<string | null> {
  const usable = answers.map(async (answer) => {
    const { server, problem } = await answer;
    if (problem !== null) throw problem;
    return server;
  });
  return await Promise.any(usable).catch(() => null);
}

function explained(error: OperatorError, problems: readonly ClientError[]): OperatorError {
  if (problems.length === 0) return error;
  const wrong = problems.find((problem) => !isSilence(problem));
  const tried = problems.map(({ message }) => message).join(', ');
  const hint = wrong?.hint ?? 'Look at the control planes: no other API server answers either';
  return new ClientError(error.kind, error.message, `${hint.replace(/\.$/, '')} (${tried}).`, {
    cause: error,
  });
}
