import { setTimeout as sleep } from 'node:timers/promises';
import { setLogger } from '@grpc/grpc-js';
import { reachabilityOf } from '../world/node.js';
import type { LabHandle, LabNode, LabServer } from '../world/types.js';
import { Endpoint } from './endpoint.js';
import { Listener } from './listener.js';
import { TalosLab } from './talos-lab.js';

/**
 * Of real time: whoever brought a configuration gets his answer before the maintenance API goes away, also from a
 * process that has to wait for its turn (60 ms were once too little).
 */
const FAREWELL_MS = 250;

interface Door {
  endpoint: Endpoint;
  readonly listener: Listener;
}

/** The Talos API of every node on its own address, and of the VIP on that of its holder. */
export async function startTalosServers(lab: LabHandle): Promise<LabServer> {
  // grpc-js complains on stderr about clients that come and go.
  setLogger({ error: () => {}, info: () => {}, debug: () => {} });
  const servers = new TalosServers(lab);
  await servers.open();
  return { close: () => servers.close() };
}

class TalosServers {
  readonly #lab: LabHandle;
  readonly #talos: TalosLab;
  readonly #doors = new Map<LabNode, Door>();
  readonly #vip: Listener;
  readonly #unsubscribe: () => void;
  #vipHolder: LabNode | null = null;
  #isClosed = false;

  constructor(lab: LabHandle) {
    this.#lab = lab;
    this.#talos = new TalosLab(lab);
    this.#vip = this.#listener(lab.world.vip.address, (socket) => {
      if (this.#vipHolder !== null) this.#doors.get(this.#vipHolder)?.endpoint.accept(socket);
    });
    this.#unsubscribe = lab.world.subscribe((topics) => {
      for (const topic of topics) {
        if (topic.startsWith('node:')) this.#follow(topic.slice('node:'.length));
      }
      if (topics.some((topic) => topic === 'vip' || topic.startsWith('node:'))) {
        this.#inBackground(this.#followVip());
      }
    });
  }

  async open(): Promise<void> {
    const { nodes } = this.#lab.world;
    await Promise.all([...nodes.values()].map((node) => this.#openDoor(node)));
    await this.#followVip();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#talos.close();
    const doors = [...this.#doors.values()];
    for (const { endpoint } of doors) endpoint.close();
    await Promise.all([
      this.#vip.set('refused'),
      ...doors.map(({ listener }) => listener.set('refused')),
    ]);
  }

  #openDoor(node: LabNode): Promise<void> {
    const door: Door = {
      endpoint: new Endpoint(this.#talos, node),
      listener: this.#listener(node.address, (socket) => door.endpoint.accept(socket)),
    };
    this.#doors.set(node, door);
    return door.listener.set(reachabilityOf(node));
  }

  #listener(
    address: string,
    accept: ConstructorParameters<typeof Listener>[0]['accept'],
  ): Listener {
    return new Listener({
      address,
      port: this.#lab.ports.talos,
      accept,
      onError: (error) => this.#lab.log(`talos ${address}: ${error.message}`),
    });
  }

  /** Machines come and go, and change, while the lab runs. */
  #follow(hostname: string): void {
    if (this.#isClosed) return;
    const { nodes } = this.#lab.world;
    const node = nodes.get(hostname);
    if (node === undefined) {
      for (const [known, door] of this.#doors) {
        if (nodes.get(known.hostname) !== known) this.#inBackground(this.#closeDoor(known, door));
      }
      return;
    }
    const door = this.#doors.get(node);
    this.#inBackground(door === undefined ? this.#openDoor(node) : this.#adjust(node, door));
  }

  /** Another name, another certificate or maintenance mode: whoever is connected has to come again. */
  async #adjust(node: LabNode, door: Door): Promise<void> {
    const goesOn = reachabilityOf(node) !== 'refused' || (door.endpoint.isMaintenance && node.isUp);
    if (goesOn && !door.endpoint.isCurrent) {
      await door.listener.set('silent');
      await sleep(FAREWELL_MS);
      if (this.#isClosed) return;
      if (!door.endpoint.isCurrent) {
        door.endpoint.close();
        door.endpoint = new Endpoint(this.#talos, node);
        door.listener.dropAccepted();
      }
    }
    await door.listener.set(reachabilityOf(node));
  }

  async #closeDoor(node: LabNode, door: Door): Promise<void> {
    this.#doors.delete(node);
    door.endpoint.close();
    await door.listener.set('refused');
  }

  /** Connections to the VIP end when it moves: the new holder knows nothing of them. */
  async #followVip(): Promise<void> {
    const { vip, nodes } = this.#lab.world;
    const holder = vip.holder === null ? undefined : nodes.get(vip.holder);
    const reception = holder === undefined ? 'refused' : reachabilityOf(holder);
    const next = reception === 'refused' ? null : (holder ?? null);
    if (next !== this.#vipHolder) {
      this.#vipHolder = next;
      await this.#vip.set('refused');
      if (this.#isClosed || this.#vipHolder !== next) return;
    }
    await this.#vip.set(reception);
  }

  #inBackground(change: Promise<void>): void {
    change.catch((error: unknown) => this.#lab.log(`talos: ${String(error)}`));
  }
}
