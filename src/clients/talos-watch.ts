import { ClientError, OperatorError } from '../model/errors.js';
import type { IpAddress } from '../model/ids.js';
import type { Clock } from './clock.js';
import { entryOf, eventsIn, type SeenResource, type WireEvent } from './talos-cosi.js';
import { noAnswer, talosMalformed } from './talos-errors.js';
import type { Procedure } from './talos-proto.js';
import type { Route } from './talos-router.js';
import type { CosiKind, CosiResource, WatchHandlers } from './types.js';
import { createWatchedItems, type Entry, type WatchedItems } from './watched-items.js';

/** @param isLinkLost The connection to the endpoint went down, which says nothing about the node. */
export type OnBroken = (error: OperatorError, isLinkLost: boolean) => void;

/** One kind on one node: opened again and again by the node's supervisor. */
export interface TalosWatch {
  readonly isOpen: () => boolean;
  readonly open: (route: Route, onBroken: OnBroken) => void;
  /** Gives the stream up without a word: it is about to be opened elsewhere. */
  readonly detach: () => void;
  readonly fail: (error: OperatorError) => void;
  readonly stop: () => void;
}

export interface TalosWatchWiring {
  readonly node: IpAddress;
  readonly procedure: Procedure;
  readonly clock: Clock;
  /** The node said something. */
  readonly onHeard: () => void;
}

/** A node that cannot be dialled would keep us waiting for 20 s inside apid (talos@main: backend/apid.go). */
const BOOTSTRAP_MS = 15_000;

export function createTalosWatch(
  kind: CosiKind,
  handlers: WatchHandlers<CosiResource>,
  { node, procedure, clock, onHeard }: TalosWatchWiring,
): TalosWatch {
  const items = createWatchedItems<SeenResource>(handlers);
  let stopStream: (() => void) | null = null;
  let stopTimer = () => {};

  const detach = () => {
    stopTimer();
    stopStream?.();
    stopStream = null;
  };

  return {
    isOpen: () => stopStream !== null,
    open({ link, target }, onBroken) {
      const breakOff = (error: OperatorError, isLinkLost = false) => {
        detach();
        onBroken(error, isLinkLost);
      };
      const receiver = createReceiver(node, items, () => stopTimer());
      stopTimer = clock.after(BOOTSTRAP_MS, () => breakOff(noAnswer(node, BOOTSTRAP_MS)));
      stopStream = link.stream(procedure, watchRequest(kind), target, {
        onMessage(message) {
          onHeard();
          try {
            for (const event of eventsIn(message, node)) receiver(event);
          } catch (error) {
            if (!(error instanceof OperatorError)) throw error;
            breakOff(error);
          }
        },
        onEnd: breakOff,
      });
    },
    detach,
    fail: items.fail,
    stop() {
      items.stop();
      detach();
    },
  };
}

/** `id` must be absent, not empty; api_version 1 makes the server mark the end of the bootstrap. */
const watchRequest = ({ namespace, type }: CosiKind) => ({
  namespace,
  type,
  options: { bootstrap_contents: true, aggregated: true },
  api_version: 1,
});

/** Merges the events of one stream; a fresh map takes over when the server says that the list is complete. */
function createReceiver(
  node: IpAddress,
  items: WatchedItems<SeenResource>,
  onBootstrapped: () => void,
): (event: WireEvent) => void {
  let bootstrap: Map<string, Entry<SeenResource>> | null = new Map();

  return ({ event_type, resource, error }) => {
    switch (event_type) {
      case 'CREATED':
      case 'UPDATED': {
        if (resource === null) throw talosMalformed(node, `${event_type} without a resource`);
        const { id } = resource.metadata;
        const entry = entryOf(resource, node, items.get(id));
        if (bootstrap === null) items.put(entry);
        else bootstrap.set(id, entry);
        return;
      }
      case 'DESTROYED':
        if (resource === null) throw talosMalformed(node, 'DESTROYED without a resource');
        if (bootstrap === null) items.remove(resource.metadata.id);
        else bootstrap.delete(resource.metadata.id);
        return;
      case 'BOOTSTRAPPED':
        items.replace(bootstrap?.values() ?? []);
        bootstrap = null;
        onBootstrapped();
        return;
      case 'NOOP':
        return;
      case 'ERRORED':
        // The stream stays open, but nothing comes any more (cosi-project/runtime: buffer overrun).
        throw new ClientError(
          'unreachable',
          `${node}: the stream broke: ${error ?? 'no reason given'}`,
          'Wait a moment: it is opened again.',
        );
      default:
        throw talosMalformed(node, `unknown event ${event_type}`);
    }
  };
}
