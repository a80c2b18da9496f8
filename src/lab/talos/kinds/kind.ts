import type { LabHandle, LabNode, Role, World } from '../../world/types.js';
import type { Desired } from '../collection.js';
import { toGoYaml, type YamlValue } from '../go-yaml.js';
import { protoSpecOf } from './proto-specs.js';

export interface NodeView {
  readonly lab: LabHandle;
  readonly world: World;
  readonly node: LabNode;
}

/** What else than the node itself a kind shows. */
export type Follow = 'cluster' | 'vip' | 'pve' | 'perf' | 'kube:nodes' | 'kube:pods' | 'kube:csr';

/** What the resources of one type say about a node right now. */
export interface Kind {
  readonly namespace: string;
  readonly type: string;
  readonly owner: string;
  readonly follows: readonly Follow[];
  readonly list: (view: NodeView) => readonly Desired[];
  /** While this is the same value, the list is the same too: spares a thousand nodes the work. */
  readonly basis?: (view: NodeView) => unknown;
}

interface KindOptions {
  readonly owner: string;
  readonly follows?: readonly Follow[];
  /** Absent on the other role. */
  readonly only?: Role;
  readonly basis?: (view: NodeView) => unknown;
}

export function kind(
  namespace: string,
  type: string,
  options: KindOptions,
  list: (view: NodeView) => readonly Desired[],
): Kind {
  return {
    namespace,
    type,
    owner: options.owner,
    follows: options.follows ?? [],
    ...(options.basis === undefined ? {} : { basis: options.basis }),
    list: (view) =>
      options.only === undefined || options.only === view.node.role
        ? list(view).map((desired) => typed(type, desired))
        : [],
  };
}

function typed(type: string, desired: Desired): Desired {
  if (desired.proto !== undefined) return desired;
  const proto = protoSpecOf(type, desired.spec);
  return proto === undefined ? desired : { ...desired, proto };
}

export const resource = (id: string, spec: YamlValue, more: Partial<Desired> = {}): Desired => ({
  id,
  yaml: toGoYaml(spec),
  spec,
  ...more,
});
