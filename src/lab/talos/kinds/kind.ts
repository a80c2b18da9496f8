import type { LabHandle, LabNode, Role, World } from '../../world/types.js';
import type { Desired } from '../collection.js';
import { toGoYaml, type YamlValue } from '../go-yaml.js';
import type { TypeDefinition } from '../resource-definitions.js';

export interface NodeView {
  readonly lab: LabHandle;
  readonly world: World;
  readonly node: LabNode;
}

/** What else than the node itself a kind shows. */
export type Follow = 'cluster' | 'vip' | 'pve' | 'perf' | 'kube:nodes' | 'kube:pods' | 'kube:csr';

/** One type of resource: what it is called, and what it says about a node right now. */
export interface Kind extends TypeDefinition {
  readonly owner: string;
  readonly follows: readonly Follow[];
  readonly list: (view: NodeView) => readonly Desired[];
  /** While this is the same value, the list is the same too: spares a thousand nodes the work. */
  readonly basis?: (view: NodeView) => unknown;
}

interface KindOptions {
  readonly owner: string;
  readonly columns?: Readonly<Record<string, string>>;
  readonly aliases?: readonly string[];
  readonly isSensitive?: boolean;
  readonly follows?: readonly Follow[];
  /** Absent on the other role. */
  readonly only?: Role;
  readonly basis?: (view: NodeView) => unknown;
}

/** `columns`: title → path below `spec`, as the table of talosctl has them. */
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
    aliases: options.aliases ?? [],
    isSensitive: options.isSensitive ?? false,
    follows: options.follows ?? [],
    ...(options.basis === undefined ? {} : { basis: options.basis }),
    columns: Object.entries(options.columns ?? {}).map(([name, jsonPath]) => ({ name, jsonPath })),
    list: (view) =>
      options.only === undefined || options.only === view.node.role ? list(view) : [],
  };
}

export const resource = (id: string, spec: YamlValue, more: Partial<Desired> = {}): Desired => ({
  id,
  yaml: toGoYaml(spec),
  ...more,
});
