import { getObject } from '../../src/lab/world/kube-store.js';
import type { World } from '../../src/lab/world/types.js';
import { MARK_KEY } from '../../src/model/cordon-mark.js';

/** What the cluster's own record says of a node. */
export function kubeNode(
  world: World,
  hostname: string,
): {
  readonly isUnschedulable: boolean;
  readonly isReady: boolean;
  readonly mark: string | null;
} | null {
  const object = getObject(world, 'nodes', hostname) as
    | {
        readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
        readonly spec?: { readonly unschedulable?: boolean };
        readonly status?: {
          readonly conditions?: readonly { readonly type: string; readonly status: string }[];
        };
      }
    | undefined;
  if (object === undefined) return null;
  return {
    isUnschedulable: object.spec?.unschedulable ?? false,
    isReady:
      object.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      ) ?? false,
    mark: object.metadata.annotations?.[MARK_KEY] ?? null,
  };
}
