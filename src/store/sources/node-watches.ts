import {
  addressesOf,
  linksOf,
  machineStatusOf,
  membersOf,
  TALOS_KINDS,
  vipOperatorsOf,
} from '../../clients/talos-resources.js';
import type { CosiKind, CosiResource, TalosClient } from '../../clients/types.js';
import { OperatorError } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import { isSilence } from '../../model/layers.js';
import type { Slot } from '../slot.js';
import type { NodeSlots } from './node-slots.js';

/** How much of a node is followed live. */
export interface WatchScope {
  readonly isControlPlane: boolean;
  /** Lean: only the stage; what else is shown of it is read now and then. */
  readonly detail: 'full' | 'lean';
}

/** The streams of one node, opened and closed as the scope asks. */
export interface NodeWatches {
  readonly follow: (scope: WatchScope) => void;
  readonly stop: () => void;
}

interface Stream {
  readonly name: string;
  readonly isWanted: (scope: WatchScope) => boolean;
  readonly open: () => () => void;
}

export function createNodeWatches(
  client: TalosClient,
  address: IpAddress,
  { byName, members }: NodeSlots,
  onSilence: () => void,
): NodeWatches {
  const stream = <T>(
    kind: CosiKind,
    slot: Slot<T>,
    decode: (items: readonly CosiResource[], node: string) => T,
    isWanted: Stream['isWanted'],
  ): Stream => ({
    name: kind.type,
    isWanted,
    open: () =>
      client.watch(address, kind, {
        onItems: (items) => decodeInto(slot, () => decode(items, address)),
        onError(error) {
          slot.fail(error);
          if (isSilence(error)) onSilence();
        },
      }),
  });
  const isFull = ({ detail, isControlPlane }: WatchScope) => detail === 'full' || isControlPlane;
  const isControlPlane = (scope: WatchScope) => scope.isControlPlane;
  const streams: readonly Stream[] = [
    stream(TALOS_KINDS.machineStatus, byName.status, machineStatusOf, () => true),
    stream(TALOS_KINDS.addresses, byName.addresses, addressesOf, isFull),
    stream(TALOS_KINDS.links, byName.links, linksOf, isFull),
    stream(TALOS_KINDS.operators, byName.vipOperators, vipOperatorsOf, isControlPlane),
    stream(TALOS_KINDS.members, members, membersOf, isControlPlane),
  ];
  const open = new Map<string, () => void>();

  return {
    follow(scope) {
      for (const { name, isWanted, open: start } of streams) {
        const stop = open.get(name);
        if (isWanted(scope) && stop === undefined) open.set(name, start());
        else if (!isWanted(scope) && stop !== undefined) {
          stop();
          open.delete(name);
        }
      }
    },
    stop() {
      for (const stop of open.values()) stop();
      open.clear();
    },
  };
}

function decodeInto<T>(slot: Slot<T>, decode: () => T): void {
  try {
    slot.ok(decode());
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    slot.fail(error);
  }
}
