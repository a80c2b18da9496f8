import { isKubeWritable } from './api-server.js';
import { getObject, listObjects } from './kube-store.js';
import { setCordon } from './kubelet.js';
import { laterInLife } from './life.js';
import { isBoundToNode, ownerOf, podSpec } from './pods.js';
import type { TaskEnd } from './talos-sequence.js';
import type { KubeObject, LabNode, World } from './types.js';
import { evictPod } from './workloads.js';

/** talos: pkg/kubernetes, DrainTimeout; an eviction that a budget forbids is tried again after five seconds. */
const DRAIN_TIMEOUT_MS = 5 * 60_000;
const RETRY_MS = 5000;
/** A node controller follows the stage of the machine. */
const CORDON_MS = 400;
/** talos: waitForNodeCordoned. */
const CORDON_TIMEOUT_MS = 60_000;
const CHECK_MS = 1000;

/** Cordons and empties the node. A pod that cannot be evicted is only logged; no API server at all is a failure. */
export function cordonAndDrain(world: World, node: LabNode, end: TaskEnd): void {
  laterInLife(world, node, CORDON_MS, () => {
    waitForCordon(world, node, world.clock.monotonicMs() + CORDON_TIMEOUT_MS, (failure) => {
      if (failure === null) drain(world, node, end);
      else end(failure);
    });
  });
}

function waitForCordon(world: World, node: LabNode, untilMs: number, end: TaskEnd): void {
  if (isKubeWritable(world)) {
    // A node that never joined has nothing to drain (talos: no kubelet client certificate).
    if (getObject(world, 'nodes', node.hostname) !== undefined) {
      setCordon(world, node, true, 'talos');
    }
    end(null);
  } else if (world.clock.monotonicMs() >= untilMs) end('context deadline exceeded');
  else {
    laterInLife(world, node, CHECK_MS, () => waitForCordon(world, node, untilMs, end));
  }
}

const podsToEvict = (world: World, node: LabNode): readonly KubeObject[] =>
  listObjects(world, 'pods').filter(
    (pod) =>
      podSpec(pod).nodeName === node.hostname && ownerOf(pod) !== undefined && !isBoundToNode(pod),
  );

function drain(world: World, node: LabNode, end: TaskEnd): void {
  const untilMs = world.clock.monotonicMs() + DRAIN_TIMEOUT_MS;
  const say = (text: string): void => node.journal.say(world.clock.now(), text);
  const attempt = (): void => {
    const left = podsToEvict(world, node);
    if (left.length === 0) {
      end(null);
      return;
    }
    if (world.clock.monotonicMs() >= untilMs || !isKubeWritable(world)) {
      for (const { metadata } of left) {
        say(
          `WARNING: failed to evict pod: failed waiting on pod ${metadata.namespace}/${metadata.name} to be deleted: context deadline exceeded`,
        );
      }
      end(null);
      return;
    }
    for (const { metadata } of left)
      evictPod(world, metadata.namespace ?? 'default', metadata.name);
    laterInLife(world, node, RETRY_MS, attempt);
  };
  attempt();
}
