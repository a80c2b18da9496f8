import type { IpAddress } from '../model/ids.js';
import type { TalosClientWiring, TalosConnection } from './talos-connection.js';
import { createNodeSupervisor, type NodeSupervisor } from './talos-node.js';
import { createTurnstile } from './talos-turn.js';
import { createTalosWatch } from './talos-watch.js';
import type { TalosClient } from './types.js';

export interface TalosWatches {
  readonly watch: TalosClient['watch'];
  /** A call to this node was answered. */
  readonly heard: (node: IpAddress) => void;
  readonly close: () => void;
}

export function createTalosWatches(
  connect: () => Promise<TalosConnection>,
  { clock, random = Math.random }: TalosClientWiring,
): TalosWatches {
  const supervisors = new Map<IpAddress, NodeSupervisor>();
  const turn = createTurnstile();
  let isClosed = false;

  const supervisorOf = (node: IpAddress, { router, probe }: TalosConnection): NodeSupervisor => {
    const supervisor =
      supervisors.get(node) ?? createNodeSupervisor({ node, router, probe, turn, clock, random });
    supervisors.set(node, supervisor);
    return supervisor;
  };

  return {
    watch(node, kind, handlers) {
      let isStopped = false;
      let stop = () => {};
      void connect().then((connection) => {
        if (isStopped || isClosed) return;
        const supervisor = supervisorOf(node, connection);
        const procedure = connection.proto.state('Watch');
        const onHeard = supervisor.heard;
        const watch = createTalosWatch(kind, handlers, { node, procedure, clock, onHeard });
        supervisor.add(watch);
        stop = () => {
          supervisor.remove(watch);
          if (!supervisor.isIdle()) return;
          supervisor.close();
          if (supervisors.get(node) === supervisor) supervisors.delete(node);
        };
      });
      return () => {
        if (isStopped) return;
        isStopped = true;
        stop();
      };
    },
    heard: (node) => supervisors.get(node)?.heard(),
    close() {
      isClosed = true;
      for (const supervisor of supervisors.values()) supervisor.close();
      supervisors.clear();
    },
  };
}
