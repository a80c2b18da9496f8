import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isForbidden, latencyMsOf, takeApiError } from '../world/faults.js';
import type { LabNode } from '../world/types.js';
import type {
  CallContext,
  IncomingCall,
  Method,
  StreamCall,
  StreamMethod,
  UnaryCall,
  UnaryMethod,
  UnaryReply,
} from './calls.js';
import { Failure, goErrorText, notAuthorized } from './failure.js';
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
  /** Whether apid fans `nodes` out for its service. */
  readonly fansOut: boolean;
  readonly method: M;
}

/** Takes calls at one endpoint and has the right node answer them, as apid does. */
export class Dispatcher {
  readonly #talos: TalosLab;
  readonly #endpoint: LabNode;

  constructor(talos: TalosLab, endpoint: LabNode) {
    this.#talos = talos;
    this.#endpoint = endpoint;
  }

  unary(named: Named<UnaryMethod>) {
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

  stream(named: Named<StreamMethod>) {
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
    const latencyMs = latencyMsOf(this.#talos.world, 'talos');
    if (latencyMs > 0) await sleep(latencyMs);
    const code = takeApiError(this.#talos.world, 'talos');
    if (code !== null) throw simulatedFailure(code);
    return routeOf(call.metadata, this.#endpoint, named.path, named.fansOut);
  }

  #targetOf(route: Exclude<Route, { readonly kind: 'many' }>): LabNode {
    return route.kind === 'local' ? this.#endpoint : dial(this.#talos, route.name);
  }

  /** @throws Failure PERMISSION_DENIED. */
  #authorize(node: LabNode, call: IncomingCall, { name, method }: Named<Method>): CallContext {
    const { world } = this.#talos;
    const subject = method.subject?.(call.request);
    const isRefused =
      isForbidden(world, 'talos', name) ||
      (subject !== undefined && isForbidden(world, 'talos', subject));
    const roles = rolesOf(call);
    if (isRefused || !method.roles.some((role) => roles.has(role))) throw notAuthorized();
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

/** `api-errors`: HTTP-like numbers of the other servers stand for a server that is in trouble. */
function simulatedFailure(code: number): Failure {
  if (code > 0 && code <= status.UNAUTHENTICATED) return new Failure(code, 'simulated failure');
  return new Failure(status.UNAVAILABLE, `error reading from server: simulated failure ${code}`);
}

const failedEntry = (hostname: string, failure: Failure): object => ({
  hostname,
  error: goErrorText(failure),
  status: { code: failure.code, message: failure.details, details: [] },
});
