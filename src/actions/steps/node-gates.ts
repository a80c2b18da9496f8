import { apiServersGate } from '../gates/api-servers.js';
import { automationGate } from '../gates/automation.js';
import { pdbGate } from '../gates/drain.js';
import { etcdGate, etcdSettledGate } from '../gates/etcd.js';
import { machinesGate, membersGate } from '../gates/machines.js';
import { nodesGate } from '../gates/nodes.js';
import { ownGate } from '../gates/own.js';
import { bootMediumGate, guestGate, pveHostsGate } from '../gates/proxmox.js';
import { storesGate } from '../gates/stores.js';
import { timeGate } from '../gates/time.js';
import { workloadsGate } from '../gates/workloads.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import type { DrainChoice } from './drain.js';
import type { Gates } from './world.js';

export interface NodeGateOptions {
  readonly mark: string;
  readonly drain: DrainChoice;
  /** The node goes down: etcd, its guest and its boot medium matter. */
  readonly isRestarted: boolean;
}

/** Before a node is touched, and again before every step that disrupts it. */
export const nodeGates =
  (target: NodeTarget, { mark, drain, isRestarted }: NodeGateOptions): Gates =>
  (context) => [
    ownGate(context, target),
    ...(isRestarted ? [membersGate(context), etcdGate(context, [target])] : []),
    apiServersGate(context, target),
    nodesGate(context, { mark, except: target }),
    ...(isRestarted ? [machinesGate(context, [target])] : []),
    ...(drain === 'evict' ? [pdbGate(context, target)] : []),
    storesGate(context, target),
    ...(isRestarted
      ? [
          timeGate(context),
          pveHostsGate(context, [target]),
          guestGate(context, target),
          bootMediumGate(context, target),
        ]
      : []),
    automationGate(context),
  ];

export interface SettledOptions {
  readonly mark: string;
  /** Somebody else keeps the node cordoned: that is not waited for. */
  readonly isLeftCordoned?: boolean;
  /** Workloads that crashed before. */
  readonly crashing: readonly string[];
}

/** After a node is back: nothing goes on before the cluster is whole again. */
export const settledGates =
  (target: NodeTarget, { mark, isLeftCordoned = false, crashing }: SettledOptions): Gates =>
  (context) => [
    ...(target.role === 'control-plane' ? [etcdSettledGate(context)] : []),
    apiServersGate(context, null),
    nodesGate(context, { mark, except: isLeftCordoned ? target : null }),
    machinesGate(context, [target]),
    storesGate(context, null),
    workloadsGate(context, target, crashing),
  ];

/** Each gate once for all nodes: the worst of them, so that a plan for many nodes has no list of repetitions. */
export function gatesForAll(context: PlanContext, all: readonly Gates[]): readonly Gate[] {
  const byTitle = new Map<string, Gate>();
  for (const gate of all.flatMap((gates) => gates(context))) {
    const key = `${gate.id} ${gate.title}`;
    const known = byTitle.get(key);
    if (known === undefined || SEVERITY[gate.state] > SEVERITY[known.state]) {
      byTitle.set(key, gate);
    }
  }
  return [...byTitle.values()];
}

const SEVERITY: Readonly<Record<Gate['state'], number>> = { green: 0, unknown: 1, red: 2 };
