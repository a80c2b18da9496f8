import { MARK_KEY } from '../../model/cordon-mark.js';
import { formatCount } from '../../model/format.js';
import type { KubeCondition, KubeNode } from '../../model/kubernetes.js';
import { freshValue } from '../../model/reading.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  whenFresh,
} from './judge.js';

const PRESSURES: readonly string[] = [
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
  'NetworkUnavailable',
];

export interface NodeExceptions {
  /** Of this run: nodes that it cordoned itself are no objection. */
  readonly mark: string | null;
  /** The node worked on. */
  readonly except: NodeTarget | null;
}

/** G-NODES: every other node is Ready, without pressure, and nobody else keeps one cordoned. */
export function nodesGate({ snapshot }: PlanContext, { mark, except }: NodeExceptions): Gate {
  const others = (nodes: readonly KubeNode[]): readonly KubeNode[] =>
    nodes.filter(({ name }) => name !== except?.name);
  return judge(
    {
      id: 'G-NODES',
      title: 'The Kubernetes nodes are well and schedulable',
      remedy: 'Repair the node, or uncordon it when the work on it is over.',
      override: 'type',
    },
    whenFresh('the list of Kubernetes nodes', snapshot.kubeNodes, (nodes) =>
      nodes.length === 0
        ? unknown('Kubernetes lists no node')
        : together(others(nodes).map((node) => nodeObjections(node, mark))),
    ),
    `${formatCount(
      others(freshValue(snapshot.kubeNodes) ?? []).length,
      except === null ? 'node' : 'other node',
    )} Ready`,
  );
}

const nodeObjections = (node: KubeNode, mark: string | null): Objections =>
  together([
    node.ready === 'True'
      ? NO_OBJECTIONS
      : red(
          `${node.name} is ${node.ready === 'False' ? 'NotReady' : 'not heard of by Kubernetes'}`,
        ),
    ...node.conditions
      .filter(({ type }) => PRESSURES.includes(type))
      .map((condition) => pressureObjections(node, condition)),
    node.isBeingDeleted ? red(`${node.name} is being deleted`) : NO_OBJECTIONS,
    cordonObjections(node, mark),
  ]);

function pressureObjections({ name }: KubeNode, { type, status }: KubeCondition): Objections {
  switch (status) {
    case 'True':
      return red(`${name} has ${type}`);
    case 'Unknown':
      return unknown(`${type} of ${name} is not known`);
    case 'False':
      return NO_OBJECTIONS;
  }
}

function cordonObjections(
  { name, isUnschedulable, annotations }: KubeNode,
  mark: string | null,
): Objections {
  if (!isUnschedulable) return NO_OBJECTIONS;
  const by = annotations[MARK_KEY];
  if (by === undefined) return red(`${name} is cordoned by someone else`);
  return by === mark ? NO_OBJECTIONS : red(`${name} is cordoned by another run (${by})`);
}
