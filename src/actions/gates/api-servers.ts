import type { KubeInspection, NodeInspection } from '../../model/inspection.js';
import type { Machine } from '../../model/machine.js';
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
import { controlPlanesOf, roleObjections } from './machines.js';

const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** G-APISRV: every control plane, except the one worked on, serves the API and runs its three static pods. */
export function apiServersGate(context: PlanContext, except: NodeTarget | null): Gate {
  const all = controlPlanesOf(context);
  const others = all.filter(({ talos }) => except === null || talos?.address !== except.address);
  const { inspection } = context.facts;
  return judge(
    {
      id: 'G-APISRV',
      title: 'The other control planes serve the Kubernetes API',
      remedy: 'Look at the static pods and the kubelet of that control plane.',
      override: 'type',
    },
    together([
      all.length === 0 ? unknown('no control plane is known') : NO_OBJECTIONS,
      roleObjections(context),
      others.length === 0
        ? NO_OBJECTIONS
        : whenFresh('the state of the API servers', inspection.kube, (kube) =>
            together(others.map((machine) => serverObjections(machine, kube))),
          ),
      ...others.map((machine) => staticPodObjections(machine, context)),
    ]),
    others.length === 0
      ? 'the only control plane is the one worked on'
      : `${others.map(({ name }) => name).join(', ')} ready`,
  );
}

function serverObjections({ name, talos }: Machine, { apiServers }: KubeInspection): Objections {
  const server = apiServers.find(({ address }) => address === talos?.address);
  const what = `kube-apiserver on ${name}`;
  if (server === undefined) return unknown(`${what} was not asked`);
  if (server.isReady === null) return unknown(`${what} cannot be asked: ${server.text}`);
  return server.isReady ? NO_OBJECTIONS : red(`${what} is not ready: ${server.text}`);
}

function staticPodObjections({ name, talos }: Machine, { facts }: PlanContext): Objections {
  const node = talos === null ? undefined : facts.inspection.nodes.get(talos.address);
  return whenFresh(`the list of static pods of ${name}`, node, ({ staticPods }) =>
    together(STATIC_PODS.map((component) => podObjections(name, component, staticPods))),
  );
}

function podObjections(
  machine: string,
  component: string,
  pods: NodeInspection['staticPods'],
): Objections {
  const own = pods.filter(({ name }) => name === component || name.startsWith(`${component}-`));
  if (own.length === 0) return unknown(`${component} on ${machine} is not told`);
  return own.every(({ isReady }) => isReady)
    ? NO_OBJECTIONS
    : red(`${component} on ${machine} is not ready`);
}
