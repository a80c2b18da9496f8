import { emptyTalosNode } from '../../model/empty-talos-node.js';
import type { OperatorError } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import type { EtcdMemberStatus, TalosMember, TalosNode } from '../../model/talos.js';
import { isSameItem } from '../figures.js';
import { createSlot, type Slot, type ValueOf } from '../slot.js';
import type { SourceContext } from './types.js';

export type NodeSlotName = Exclude<keyof TalosNode, 'address' | 'history'>;

export type NodeSlotsByName = {
  readonly [K in NodeSlotName]: Slot<ValueOf<TalosNode[K]>>;
};

/** All slots of one node, and the node that they make up. */
export interface NodeSlots {
  readonly byName: NodeSlotsByName;
  /** Its view of the discovery list: the cluster's list is chosen among them. */
  readonly members: Slot<readonly TalosMember[]>;
  readonly node: () => TalosNode;
  readonly remember: (history: Partial<TalosNode['history']>) => void;
  /** The node does not answer: none of these is trusted any more. */
  readonly silence: (names: readonly NodeSlotName[], error: OperatorError) => void;
  readonly heard: () => void;
}

const HISTORY_SAMPLES = 60;

/** They move with every write to the cluster. */
const ETCD_FIGURES = [
  'dbSizeBytes',
  'dbSizeInUseBytes',
  'raftIndex',
  'raftAppliedIndex',
] as const satisfies readonly (keyof EtcdMemberStatus)[];

/** Streams tell a change by themselves; everything else must be asked for. */
const WATCHED: readonly NodeSlotName[] = ['status', 'addresses', 'links', 'vipOperators'];

export function createNodeSlots(
  address: IpAddress,
  { clock, store }: SourceContext,
  onChange: (name: NodeSlotName | 'members') => void,
): NodeSlots {
  let node = emptyTalosNode(address);
  store.setNode(node, 'soon');

  const slot = <K extends NodeSlotName>(
    name: K,
    isMinor?: (former: ValueOf<TalosNode[K]>, next: ValueOf<TalosNode[K]>) => boolean,
  ): Slot<ValueOf<TalosNode[K]>> =>
    createSlot<ValueOf<TalosNode[K]>>({
      clock,
      kind: WATCHED.includes(name) ? 'watched' : 'polled',
      ...(isMinor ? { isMinor } : {}),
      publish(reading, urgency) {
        node = { ...node, [name]: reading };
        store.setNode(node, urgency);
        if (urgency === 'soon') onChange(name);
      },
    });
  const byName: NodeSlotsByName = {
    version: slot('version'),
    status: slot('status'),
    identity: slot('identity'),
    addresses: slot('addresses'),
    links: slot('links'),
    vipOperators: slot('vipOperators'),
    image: slot('image'),
    services: slot('services'),
    etcd: slot('etcd', (former, next) => isSameItem(ETCD_FIGURES, former, next)),
    etcdMembers: slot('etcdMembers'),
    usage: slot('usage', () => true),
  };
  const members = createSlot<readonly TalosMember[]>({
    clock,
    kind: 'watched',
    publish: () => onChange('members'),
  });

  return {
    byName,
    members,
    node: () => node,
    remember(samples) {
      const history = { ...node.history, ...samples };
      node = { ...node, history };
    },
    silence(names, error) {
      for (const name of names) byName[name].silence(error);
      members.silence(error);
    },
    heard() {
      for (const name of WATCHED) {
        byName[name].heard();
        byName[name].confirm();
      }
      members.heard();
      members.confirm();
    },
  };
}

/** One more sample at the end, the oldest dropped. */
export const appended = (samples: readonly number[], sample: number): readonly number[] => [
  ...samples.slice(-(HISTORY_SAMPLES - 1)),
  sample,
];
