import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isForbidden, latencyMsOf, takeApiError } from '../world/faults.js';
import { talosMinor } from '../world/talos-version.js';
import type { LabNode } from '../world/types.js';
import type {
  CallContext,
  IncomingCall,
  Method,
  Service,
  StreamCall,
  StreamMethod,
  UnaryCall,
  UnaryMethod,
  UnaryReply,
  UploadCall,
  UploadMethod,
} from './calls.js';
import { Failure, failedEntry, notAuthorized } from './failure.js';
import { GrpcOutlet } from './grpc-outlet.js';
import { LiveCall } from './live-call.js';
import { rolesOf } from './roles.js';
import { dial, type Route, routeOf } from './routing.js';
import type { TalosLab } from './talos-lab.js';

/** A method under its names. */
export interface Named<M extends Method> {
  /** `EtcdStatus` */
  readonly name: string;
  /** `/machine.MachineService/EtcdStatus` */
  readonly path: string;
  readonly service: Service;
  readonly method: M;
}

export type ApiMode = 'normal' | 'maintenance';

/** Takes calls at one endpoint and has the right node answer them, as apid does. */
export class Dispatcher {
  readonly #talos: TalosLab;
  readonly #endpoint: LabNode;
  readonly #mode: ApiMode;

  constructor(talos: TalosLab, endpoint: LabNode, mode: ApiMode) {
    this.#talos = talos;
    this.#endpoint = endpoint;
    this.#mode = mode;
  }

  handler(named: Named<Method>) {
    const { method } = named;
    switch (method.kind) {
      case 'unary':
        return this.#unary({ ...named, method });
      case 'stream':
        return this.#stream({ ...named, method });
      case 'upload':
        return this.#upload({ ...named, method });
    }
  }

  #unary(named: Named<UnaryMethod>) {
    return (call: UnaryCall, reply: UnaryReply): void => {
      const live = new LiveCall(this.#talos, [this.#endpoint], (failure) => reply(failure));
      call.on('cancelled', () => live.close());
      this.#answerUnary(live, call, named).then(
        (answer) => {
          if (live.isOver) return;
          live.close();
          reply(null, answer);
        },
        (error: unknown) => live.fail(this.#asFailure(error)),
      );
    };
  }

  #upload(named: Named<UploadMethod>) {
    return (call: UploadCall, reply: UnaryReply): void => {
      const live = new LiveCall(this.#talos, [this.#endpoint], (failure) => reply(failure));
      const frames: object[] = [];
      call.on('error', () => live.close());
      call.on('cancelled', () => live.close());
      call.on('data', (frame: object) => frames.push(frame));
      call.on('end', () => {
        this.#answerUpload(live, call, named, frames).then(
          (answer) => {
            if (live.isOver) return;
            live.close();
            reply(null, { messages: [answer] });
          },
          (error: unknown) => live.fail(this.#asFailure(error)),
        );
      });
    };
  }

  async #answerUpload(
    live: LiveCall,
    call: UploadCall,
    named: Named<UploadMethod>,
    frames: readonly object[],
  ): Promise<object> {
    const route = await this.#receive(live, { ...callOf(call), request: {} }, named);
    const [name = '', ...others] = route.kind === 'many' ? route.names : [];
    if (others.length > 0) {
      throw new Failure(
        status.INVALID_ARGUMENT,
        `one-2-many proxying is not supported for method ${named.path}`,
      );
    }
    // Clients up to 1.13 name their one node in the plural.
    const one = route.kind === 'many' ? ({ kind: 'one', name } as const) : route;
    const node = this.#targetOf(one);
    const answer = await named.method.answer(
      this.#authorize(node, { ...callOf(call), request: {} }, named),
      frames,
    );
    return route.kind === 'many' ? { ...answer, metadata: { hostname: name } } : answer;
  }

  #stream(named: Named<StreamMethod>) {
    return (call: StreamCall): void => {
      // A status error after the last frame would be an unhandled 'error' (talos-wire.md §12.3, 6).
      call.on('error', () => {});
      const live = new LiveCall(this.#talos, [this.#endpoint], (failure) => {
        call.emit('error', failure);
      });
      call.on('cancelled', () => live.close());
      this.#answerStream(live, call, named).catch((error: unknown) =>
        live.fail(this.#asFailure(error)),
      );
    };
  }

  async #answerUnary(live: LiveCall, call: UnaryCall, named: Named<UnaryMethod>): Promise<object> {
    const route = await this.#receive(live, call, named);
    if (route.kind !== 'many') {
      const answer = await this.#ask(live, this.#targetOf(route), call, named);
      return named.method.isWrapped ? { messages: [answer] } : answer;
    }
    const messages = route.names.map(async (hostname) => {
      try {
        const answer = await this.#ask(live, dial(this.#talos, hostname), call, named);
        return { ...answer, metadata: { hostname } };
      } catch (error) {
        return { metadata: failedEntry(hostname, this.#asFailure(error)) };
      }
    });
    return { messages: await Promise.all(messages) };
  }

  #ask(live: LiveCall, node: LabNode, call: UnaryCall, named: Named<UnaryMethod>): Promise<object> {
    return new Promise((resolve, reject) => {
      const branch = live.branch(node, reject);
      const answer = async (): Promise<void> => {
        await branch.speech();
        const context = this.#authorize(node, call, named);
        const entry = await named.method.answer(context, call.request);
        await branch.speech();
        branch.close();
        resolve(entry);
      };
      answer().catch((error: unknown) => branch.fail(this.#asFailure(error)));
    });
  }

  async #answerStream(live: LiveCall, call: StreamCall, named: Named<StreamMethod>): Promise<void> {
    const route = await this.#receive(live, call, named);
    const end = (): void => {
      live.close();
      call.end();
    };
    if (route.kind !== 'many') {
      const branch = live.branch(this.#targetOf(route), (failure) => live.fail(failure));
      const outlet = new GrpcOutlet(call, branch, (frame) => frame, end);
      this.#open(branch, this.#targetOf(route), call, named, outlet);
      return;
    }
    let running = route.names.length;
    for (const hostname of route.names) {
      const finish = (): void => {
        running -= 1;
        if (running === 0) end();
      };
      const giveUp = (failure: Failure): void => {
        call.write({ metadata: failedEntry(hostname, failure) });
        finish();
      };
      try {
        const node = dial(this.#talos, hostname);
        const branch = live.branch(node, giveUp);
        const label = (frame: object): object => ({ ...frame, metadata: { hostname } });
        this.#open(branch, node, call, named, new GrpcOutlet(call, branch, label, finish));
      } catch (error) {
        giveUp(this.#asFailure(error));
      }
    }
  }

  #open(
    branch: LiveCall,
    node: LabNode,
    call: StreamCall,
    named: Named<StreamMethod>,
    outlet: GrpcOutlet,
  ): void {
    const answer = async (): Promise<void> => {
      await branch.speech();
      await named.method.answer(this.#authorize(node, call, named), call.request, outlet);
    };
    answer().catch((error: unknown) => branch.fail(this.#asFailure(error)));
  }

  /** What happens before a call leaves the endpoint: faults, then routing. */
  async #receive(live: LiveCall, call: IncomingCall, named: Named<Method>): Promise<Route> {
    await live.speech();
    const latencyMs = latencyMsOf(this.#talos.world, 'talos', named.name);
    if (latencyMs > 0) await sleep(latencyMs);
    const code = takeApiError(this.#talos.world, 'talos', named.name);
    if (code !== null) throw simulatedFailure(code);
    // Maintenance mode knows no other nodes: routing metadata is ignored.
    if (this.#mode === 'maintenance') return { kind: 'local' };
    return routeOf(call.metadata, this.#endpoint, named.path, named.service.fansOut);
  }

  #targetOf(route: Exclude<Route, { readonly kind: 'many' }>): LabNode {
    return route.kind === 'local' ? this.#endpoint : dial(this.#talos, route.name);
  }

  /** @throws Failure PERMISSION_DENIED, UNIMPLEMENTED. */
  #authorize(node: LabNode, call: IncomingCall, named: Named<Method>): CallContext {
    const { world } = this.#talos;
    const { name, method } = named;
    checkDialect(node, named);
    const subject = method.subject?.(call.request);
    const isRefused =
      isForbidden(world, 'talos', name) ||
      (subject !== undefined && isForbidden(world, 'talos', subject));
    if (isRefused) throw notAuthorized();
    if (this.#mode === 'maintenance') {
      checkMaintenance(node, named);
      return { talos: this.#talos, node, roles: MAINTENANCE_ROLES };
    }
    const roles = rolesOf(call);
    if (!method.roles.some((role) => roles.has(role))) throw notAuthorized();
    return { talos: this.#talos, node, roles };
  }

  /** An error that is no Failure is a bug of the lab: it goes to the log, and to the client as Go would say it. */
  #asFailure(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const text = error instanceof Error ? error.message : String(error);
    this.#talos.lab.log(`talos: ${error instanceof Error ? (error.stack ?? text) : text}`);
    return new Failure(status.UNKNOWN, text);
  }
}

const MAINTENANCE_ROLES: ReadonlySet<string> = new Set(['os:reader']);

const callOf = (call: UploadCall): Omit<IncomingCall, 'request'> => ({
  metadata: call.metadata,
  getAuthContext: () => call.getAuthContext(),
});

/** What a node of this version has never heard of. @throws Failure UNIMPLEMENTED. */
function checkDialect(node: LabNode, { name, service, method }: Named<Method>): void {
  const minor = talosMinor(node.talosVersion);
  if (minor < (service.sinceMinor ?? 0)) {
    throw new Failure(status.UNIMPLEMENTED, `unknown service ${service.name}`);
  }
  if (
    minor < (method.sinceMinor ?? 0) ||
    minor >= (method.untilMinor ?? Number.POSITIVE_INFINITY)
  ) {
    throw new Failure(status.UNIMPLEMENTED, `unknown method ${name} for service ${service.name}`);
  }
}

/** Up to 1.12 a small server of its own; from 1.13 on apid with the rights of a reader. @throws Failure. */
function checkMaintenance(node: LabNode, { method, service }: Named<Method>): void {
  const isOld = talosMinor(node.talosVersion) < 13;
  if (method.inMaintenance === 'always') return;
  if (isOld) {
    throw new Failure(
      status.UNIMPLEMENTED,
      service.name === 'machine.MachineService'
        ? 'API is not implemented in maintenance mode'
        : `unknown service ${service.name}`,
    );
  }
  if (method.inMaintenance !== 'since 1.13' && !method.roles.includes('os:reader')) {
    throw notAuthorized();
  }
}

/** `api-errors`: HTTP-like numbers of the other servers stand for a server that is in trouble. */
function simulatedFailure(code: number): Failure {
  if (code > 0 && code <= status.UNAUTHENTICATED) return new Failure(code, 'simulated failure');
  return new Failure(status.UNAVAILABLE, `error reading from server: simulated failure ${code}`);
}
