import { OperatorError } from '../model/errors.js';
import type { IpAddress } from '../model/ids.js';
import { unreachable } from '../model/unreachable.js';
import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';
import { createDirectLinks, type DirectLinks } from './talos-direct.js';
import { isAbsence, talosCancelled } from './talos-errors.js';
import type { CallTarget, Link } from './talos-link.js';
import { createPulse } from './talos-pulse.js';
import { race } from './talos-race.js';

export interface Route {
  readonly link: Link;
  readonly target: CallTarget;
}

/** Knows which connection leads to a node: one endpoint for all, or each node's own while no endpoint answers. */
export interface Router {
  /** @throws OperatorError while nothing leads there. */
  readonly route: (node: IpAddress) => Promise<Route>;
  /** Somebody got no answer: asks the endpoint now. Resolves when it has answered or was given up. */
  readonly verify: () => Promise<void>;
  /** Told whenever other connections lead to the nodes than before. @returns stop. */
  readonly onChange: (listener: () => void) => () => void;
  readonly activeEndpoint: () => string | null;
  readonly close: () => void;
}

export interface RouterWiring {
  readonly endpoints: readonly string[];
  readonly directPort: number;
  readonly open: (address: string) => Promise<Link>;
  /** @throws ClientError unless something with the Talos API answers. */
  readonly probe: (link: Link) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
}

type State =
  | { readonly name: 'connecting'; readonly outcome: Promise<void> }
  | { readonly name: 'routed'; readonly link: Link }
  | { readonly name: 'direct'; readonly error: OperatorError }
  | { readonly name: 'closed' };

export function createRouter(wiring: RouterWiring): Router {
  const { endpoints, clock } = wiring;
  const changed = createSignal();
  const backoff = createBackoff({ firstMs: 1_000, maxMs: 15_000 }, wiring.random);
  const openProven = proven(wiring);
  const direct = createDirectLinks(openProven, wiring.directPort);
  let state: State;
  let stopTimer = () => {};

  const enter = (next: State) => {
    state = next;
    changed.tell();
  };
  const pulse = createPulse(wiring, (link) =>
    lose(link, [...others(endpoints, link.address), link.address]),
  );

  const connect = async (order: readonly string[]): Promise<void> => {
    stopTimer();
    try {
      const link = await race(order, openProven, (loser) => loser.close(), clock);
      if (state.name === 'closed') link.close();
      else settle(link);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (state.name === 'closed') return;
      // Already direct: the nodes' own connections stay as they are.
      if (state.name === 'direct') state = { name: 'direct', error };
      else enter({ name: 'direct', error });
      stopTimer = clock.after(backoff.nextMs(), () => void connect(endpoints));
    }
  };

  const settle = (link: Link) => {
    backoff.reset();
    link.onLost(() => lose(link, [link.address, ...others(endpoints, link.address)]));
    pulse.follow(link);
    enter({ name: 'routed', link });
    direct.closeAll();
  };

  const begin = (order: readonly string[]) => {
    state = { name: 'connecting', outcome: connect(order) };
  };

  const lose = (link: Link, order: readonly string[]) => {
    if (state.name !== 'routed' || state.link !== link) return;
    pulse.stop();
    begin(order);
    link.close();
  };

  begin(endpoints);
  return {
    async route(node) {
      while (state.name === 'connecting') await state.outcome;
      return await routeIn(state, node, direct);
    },
    async verify() {
      if (state.name === 'routed') await pulse.check(state.link);
      while (state.name === 'connecting') await state.outcome;
    },
    onChange: changed.listen,
    activeEndpoint: () => (state.name === 'routed' ? state.link.address : null),
    close() {
      stopTimer();
      pulse.stop();
      changed.clear();
      if (state.name === 'routed') state.link.close();
      direct.closeAll();
      state = { name: 'closed' };
    },
  };
}

function createSignal() {
  const listeners = new Set<() => void>();
  return {
    listen(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell() {
      for (const listener of [...listeners]) listener();
    },
    clear: () => listeners.clear(),
  };
}

function proven({ open, probe }: RouterWiring): (address: string) => Promise<Link> {
  return async (address) => {
    const link = await open(address);
    try {
      await probe(link);
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  };
}

async function routeIn(state: State, node: IpAddress, direct: DirectLinks): Promise<Route> {
  switch (state.name) {
    case 'routed':
      return { link: state.link, target: { node } };
    case 'direct':
      // "Wrong certificate" of an endpoint explains more than a node that does not answer.
      if (!isAbsence(state.error.kind)) throw state.error;
      return { link: await direct.open(node), target: { node: null } };
    case 'closed':
    case 'connecting':
      throw talosCancelled(node);
    default:
      return unreachable(state);
  }
}

/** The list from behind `address` round to before it. */
function others(endpoints: readonly string[], address: string): readonly string[] {
  const at = endpoints.indexOf(address);
  return [...endpoints.slice(at + 1), ...endpoints.slice(0, Math.max(at, 0))];
}
