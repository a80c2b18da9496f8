import { reachabilityOf } from '../world/node.js';
import type { LabHandle, LabNode, Topic, World } from '../world/types.js';
import { EventLog } from './event-log.js';
import { EventTurns } from './event-turns.js';
import type { Follow } from './kinds/kind.js';
import { NodeStore } from './node-store.js';

/** talos perf.StatsController: every 30 seconds, each node at its own moment. */
const PERF_PERIOD_SECONDS = 30;
const SECOND_MS = 1000;
/** A pending request becomes a diagnostic after its hysteresis. */
const CSR_RECHECK_MS = 30_500;

const FOLLOWED_TOPICS: Readonly<Partial<Record<Topic, Follow>>> = {
  vip: 'vip',
  pve: 'pve',
  'kube:nodes': 'kube:nodes',
  'kube:pods': 'kube:pods',
  'kube:certificatesigningrequests': 'kube:csr',
};

/** What all endpoints of one lab share: the state of every node, and who must hear about changes. */
export class TalosLab {
  readonly lab: LabHandle;
  readonly turns = new EventTurns();
  readonly #stores = new Map<LabNode, NodeStore>();
  readonly #logs = new Map<LabNode, EventLog>();
  readonly #listeners = new Map<LabNode, Set<() => void>>();
  readonly #cutListeners = new Set<() => void>();
  readonly #byAddress = new Map<string, LabNode>();
  readonly #disposers: (() => void)[] = [];
  #perfTick = 0;
  #membership = '';

  constructor(lab: LabHandle) {
    this.lab = lab;
    for (const node of this.world.nodes.values()) this.#logs.set(node, this.#newLog(node));
    this.#disposers.push(
      this.world.subscribe((topics) => {
        for (const topic of topics) this.#handle(topic);
      }),
      this.world.clock.every(SECOND_MS, () => this.#refreshPerf()),
    );
    this.#recheckRequests();
  }

  get world(): World {
    return this.lab.world;
  }

  close(): void {
    for (const dispose of this.#disposers) dispose();
  }

  /** By address or, as a node's DNS would, by host name. */
  findNode(name: string): LabNode | undefined {
    const known = this.#byAddress.get(name);
    if (known !== undefined && this.world.nodes.get(known.hostname) === known) return known;
    for (const node of this.world.nodes.values()) this.#byAddress.set(node.address, node);
    return this.#byAddress.get(name) ?? this.world.nodes.get(name);
  }

  storeOf(node: LabNode): NodeStore {
    const known = this.#stores.get(node);
    if (known !== undefined && known.bootId === node.bootId) return known;
    const store = new NodeStore({ lab: this.lab, world: this.world, node });
    this.#stores.set(node, store);
    return store;
  }

  eventsOf(node: LabNode): EventLog {
    const known = this.#logs.get(node);
    if (known !== undefined && known.bootId === node.bootId) return known;
    const log = this.#newLog(node);
    this.#logs.set(node, log);
    return log;
  }

  /** The node went up, down or silent. @returns unsubscribe. */
  onReachability(node: LabNode, listener: () => void): () => void {
    const listeners = this.#listeners.get(node) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(node, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(node);
    };
  }

  /** All streams have to end now. @returns unsubscribe. */
  onCut(listener: () => void): () => void {
    this.#cutListeners.add(listener);
    return () => this.#cutListeners.delete(listener);
  }

  #newLog(node: LabNode): EventLog {
    return new EventLog(node, this.world);
  }

  #handle(topic: Topic): void {
    if (topic === 'cut:talos') {
      for (const listener of [...this.#cutListeners]) listener();
      return;
    }
    if (topic.startsWith('talos:')) this.#refreshNode(topic.slice('talos:'.length));
    else if (topic.startsWith('node:')) this.#reachabilityChanged(topic.slice('node:'.length));
    else if (topic === 'clock') this.#refreshFollowers('perf');
    const follow = FOLLOWED_TOPICS[topic];
    if (follow !== undefined) this.#refreshFollowers(follow);
    if (follow === 'kube:csr') this.#recheckRequests();
  }

  #recheckRequests(): void {
    this.world.clock.after(CSR_RECHECK_MS, () => this.#refreshFollowers('kube:csr'));
  }

  #reachabilityChanged(hostname: string): void {
    const node = this.world.nodes.get(hostname);
    if (node === undefined) return;
    if (reachabilityOf(node) === 'refused') this.#stores.delete(node);
    for (const listener of [...(this.#listeners.get(node) ?? [])]) listener();
    this.#refreshNode(hostname);
  }

  #refreshNode(hostname: string): void {
    const node = this.world.nodes.get(hostname);
    if (node === undefined) return;
    this.eventsOf(node).observe();
    this.#stores.get(node)?.refreshOwn();
    const membership = [...this.world.nodes.values()]
      .map(({ address, hostname: name, talosVersion }) => `${address} ${name} ${talosVersion}`)
      .join();
    if (membership === this.#membership) return;
    this.#membership = membership;
    this.#refreshFollowers('cluster');
  }

  #refreshFollowers(follow: Follow): void {
    for (const store of this.#stores.values()) store.refreshFollowers(follow);
  }

  #refreshPerf(): void {
    this.#perfTick = (this.#perfTick + 1) % PERF_PERIOD_SECONDS;
    for (const [node, store] of this.#stores) {
      if (node.index % PERF_PERIOD_SECONDS === this.#perfTick) store.refreshFollowers('perf');
    }
  }
}
