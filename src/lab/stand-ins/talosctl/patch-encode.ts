import { encodeConfig } from '../../talos/config/encode.js';
import { documentKind, type Struct, structOf } from '../../talos/config/structs.js';
import { CLIENT_MINOR } from './client-version.js';
import { type Fields, isFields } from './patch-deletes.js';

/** Lists that Talos writes even when they are empty. */
const ALWAYS: ReadonlySet<string> = new Set(['MachineConfig.certSANs', 'SearchDomains.domains']);
/** `cluster.network` has all of its keys as soon as it is there. */
const CLUSTER_NETWORK = { dnsDomain: '', podSubnets: [], serviceSubnets: [] };

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;

/** Go's `omitempty`, for what a patch or an empty example has left. */
function lean(fields: Fields, struct: Struct, name: string): Fields {
  const entries = Object.entries(fields).flatMap(([key, value]) => {
    const known = struct.get(key);
    const isList = known !== undefined && known.wrap !== null;
    if (isList && isEmpty(value) && !ALWAYS.has(`${name}.${key}`)) return [];
    const inner = known?.struct == null ? null : structOf(known.struct, CLIENT_MINOR);
    if (inner === null || known?.struct == null || known.wrap === 'map') return [[key, value]];
    const one = (item: unknown): unknown =>
      isFields(item) ? lean(item, inner, known.struct ?? '') : item;
    return [[key, Array.isArray(value) ? value.map(one) : one(value)]];
  });
  const kept = Object.fromEntries(entries) as Fields;
  return name === 'ClusterNetworkConfig' ? { ...CLUSTER_NETWORK, ...kept } : kept;
}

/** Documents as Talos writes them after it has read and changed them. */
export const encodePatched = (documents: readonly Fields[]): string =>
  encodeConfig(
    documents.map((document) => {
      const kind = typeof document.kind === 'string' ? document.kind : 'v1alpha1';
      const found = documentKind(kind, CLIENT_MINOR);
      return found === null ? document : lean(document, found.struct, kind);
    }),
    CLIENT_MINOR,
  );
