import type { Connection } from '../model/connection.js';
import type { IpAddress } from '../model/ids.js';

export type Argv = readonly [string, ...string[]];

/** What a command needs besides its own words; endpoints are pinned with the plan, never the VIP. */
export interface Reach {
  readonly connection: Connection;
  readonly endpoints: readonly string[];
}

/** Everything explicit: neither the operator's environment nor defaults of talosctl decide where it goes. */
export function talosctlArgv(
  { connection, endpoints }: Reach,
  node: IpAddress,
  ...args: readonly string[]
): Argv {
  const { programs, talos } = connection;
  return [
    programs.talosctl,
    ...(talos === null ? [] : ['--talosconfig', talos.configPath, '--context', talos.context]),
    '--endpoints',
    endpoints.join(','),
    '--nodes',
    node,
    ...args,
  ];
}

/** For what one request or two do: an API server that hangs must not hold the run. */
export const kubectlArgv = (reach: Pick<Reach, 'connection'>, ...args: readonly string[]): Argv =>
  patientKubectlArgv(reach, '--request-timeout=15s', ...args);

/**
 * For what has a limit of its own. A drain waits for budgets over many requests, and ends with the first that is cut
 * off, a slow admission webhook's for one (seen with kubectl 1.35 and answers after 17 s).
 */
export function patientKubectlArgv(
  { connection }: Pick<Reach, 'connection'>,
  ...args: readonly string[]
): Argv {
  const { programs, kubernetes } = connection;
  return [
    programs.kubectl,
    ...(kubernetes === null
      ? []
      : ['--kubeconfig', kubernetes.kubeconfigPath, '--context', kubernetes.context]),
    ...args,
  ];
}
