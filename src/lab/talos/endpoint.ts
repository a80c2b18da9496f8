import type { Socket } from 'node:net';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { LabNode } from '../world/types.js';
import type { Service } from './calls.js';
import { type ApiMode, Dispatcher } from './dispatcher.js';
import { serviceDefinition } from './protos.js';
import { CLUSTER_SERVICE } from './services/cluster.js';
import { IMAGE_SERVICE } from './services/images.js';
import { INSPECT_SERVICE } from './services/inspect.js';
import { LIFECYCLE_SERVICE } from './services/lifecycle.js';
import { MACHINE_SERVICE } from './services/machine.js';
import { STATE_SERVICE } from './services/state.js';
import { STORAGE_SERVICE } from './services/storage.js';
import { TIME_SERVICE } from './services/time.js';
import type { TalosLab } from './talos-lab.js';

const SERVICES: readonly Service[] = [
  STATE_SERVICE,
  MACHINE_SERVICE,
  CLUSTER_SERVICE,
  INSPECT_SERVICE,
  STORAGE_SERVICE,
  TIME_SERVICE,
  IMAGE_SERVICE,
  LIFECYCLE_SERVICE,
];

/** talos-wire.md §1: both directions. */
const MESSAGE_LIMIT_BYTES = 32 * 1024 * 1024;

/** apid of one node. Made with its first connection: most nodes are only reached through others. */
export class Endpoint {
  readonly #talos: TalosLab;
  readonly #node: LabNode;
  readonly #mode: ApiMode;
  readonly #key: string;
  #server: Server | null = null;
  #injector: ConnectionInjector | null = null;

  constructor(talos: TalosLab, node: LabNode) {
    this.#talos = talos;
    this.#node = node;
    this.#mode = modeOf(node);
    this.#key = keyOf(node);
  }

  /** false: the node is somebody else now, or asks for other certificates. */
  get isCurrent(): boolean {
    return this.#key === keyOf(this.#node);
  }

  get isMaintenance(): boolean {
    return this.#mode === 'maintenance';
  }

  accept(socket: Socket): void {
    this.#injector ??= this.#start();
    this.#injector.injectConnection(socket);
  }

  close(): void {
    this.#server?.forceShutdown();
    this.#server = null;
    this.#injector = null;
  }

  #start(): ConnectionInjector {
    const server = new Server({
      'grpc.max_receive_message_length': MESSAGE_LIMIT_BYTES,
      'grpc.max_send_message_length': MESSAGE_LIMIT_BYTES,
      'grpc.enable_channelz': 0,
    });
    const dispatcher = new Dispatcher(this.#talos, this.#node, this.#mode);
    for (const service of SERVICES) addService(server, dispatcher, service);
    this.#server = server;
    return server.createConnectionInjector(this.#credentials());
  }

  #credentials(): ServerCredentials {
    const { pki, world } = this.#talos.lab;
    const { address, hostname, role } = this.#node;
    if (this.#mode === 'maintenance') {
      // Nobody is asked for a certificate, and the own one proves nothing (talos-wire.md §1).
      const { certPem, keyPem } = pki.talosMaintenance(hostname, [address]);
      return ServerCredentials.createSsl(null, [
        { cert_chain: Buffer.from(certPem), private_key: Buffer.from(keyPem) },
      ]);
    }
    const addresses = role === 'controlplane' ? [address, world.vip.address] : [address];
    const { certPem, keyPem } = pki.talosServer(hostname, addresses);
    return ServerCredentials.createSsl(
      Buffer.from(pki.talosCaPem),
      [{ cert_chain: Buffer.from(certPem), private_key: Buffer.from(keyPem) }],
      true,
    );
  }
}

const modeOf = ({ stage }: LabNode): ApiMode =>
  stage === 'maintenance' ? 'maintenance' : 'normal';

const keyOf = (node: LabNode): string => [modeOf(node), node.hostname, node.role].join(' ');

function addService(server: Server, dispatcher: Dispatcher, service: Service): void {
  const handlers = Object.entries(service.methods).map(([name, method]) => {
    const path = `/${service.name}/${name}`;
    return [name, dispatcher.handler({ name, path, service, method })];
  });
  server.addService(serviceDefinition(service.file, service.name), Object.fromEntries(handlers));
}
