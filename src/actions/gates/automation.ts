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
import { controlPlanesOf, machineAt } from './machines.js';

/** G-AUTO: no other tool changes nodes at the moment, and Omni does not manage them. */
export function automationGate(context: PlanContext): Gate {
  const { kube, nodes } = context.facts.inspection;
  const controlPlanes = controlPlanesOf(context).flatMap(({ talos }) => talos?.address ?? []);
  const addresses = [...new Set([...controlPlanes, ...nodes.keys()])];
  return judge(
    {
      id: 'G-AUTO',
      title: 'No other tool changes the nodes',
      remedy: 'Let it finish, or stop it, before you begin.',
      override: 'type',
    },
    together([
      controlPlanes.length === 0 ? unknown('no control plane is known') : NO_OBJECTIONS,
      whenFresh('whether another tool is at work', kube, ({ automations }) =>
        red(
          ...automations
            .filter(({ isActive }) => isActive)
            .map(({ tool, text }) => `${tool}: ${text}`),
        ),
      ),
      ...addresses.map((address) =>
        whenFresh(`who manages ${address}`, nodes.get(address), ({ isManagedByOmni }) =>
          omniObjections(machineAt(context, address)?.name ?? address, isManagedByOmni),
        ),
      ),
    ]),
    'none at work',
  );
}

function omniObjections(name: string, isManagedByOmni: boolean | null): Objections {
  if (isManagedByOmni === null) return unknown(`whether Omni manages ${name} is not known`);
  return isManagedByOmni ? red(`${name} is managed by Omni`) : NO_OBJECTIONS;
}
