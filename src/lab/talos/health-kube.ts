import {
  addressOf,
  CallFailed,
  type CheckedNode,
  type ClusterView,
  controlPlanesOf,
  type KubeFact,
  list,
  quoted,
} from './health-view.js';

const SKIP = 'SKIP';
const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** cluster.NodesMatch. */
function match(
  expected: readonly CheckedNode[],
  actual: readonly (readonly string[])[],
): string | null {
  const left = new Set(actual);
  for (const { addresses } of expected) {
    const found = [...left].find((known) => known.some((address) => addresses.includes(address)));
    if (found === undefined) return `can't find expected node with IPs ${quoted(addresses)}`;
    left.delete(found);
  }
  const others = [...left].flat().sort();
  return others.length === 0 ? null : `unexpected nodes with IPs ${quoted(others)}`;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

function addressesOf({ status }: KubeFact): readonly string[] {
  const { addresses = [] } = (status ?? {}) as {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
  return addresses
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .map(({ address }) => address);
}

const statusOf = ({ status }: KubeFact, condition: string): string | undefined =>
  ((status ?? {}) as { readonly conditions?: readonly Condition[] }).conditions?.find(
    ({ type }) => type === condition,
  )?.status;

const labelled = (
  objects: readonly KubeFact[],
  label: string,
  value?: string,
): readonly KubeFact[] =>
  objects.filter(({ metadata }) =>
    value === undefined
      ? metadata.labels?.[label] !== undefined
      : metadata.labels?.[label] === value,
  );

const namesOf = (objects: readonly KubeFact[]): string =>
  list(objects.map(({ metadata }) => metadata.name));

export const reported = async (view: ClusterView): Promise<string | null> =>
  match(view.nodes, (await view.kube('nodes')).map(addressesOf));

export async function staticPods(view: ClusterView): Promise<string | null> {
  for (const address of controlPlanesOf(view).map(addressOf)) {
    const found = await view.staticPods(address).catch((error: unknown) => {
      if (!(error instanceof CallFailed)) throw error;
      throw new CallFailed(`error listing static pods on node ${address}: ${error.message}`);
    });
    const missing = STATIC_PODS.map((name) => `kube-system/${name}`).filter(
      (name) => !found.some((id) => id.startsWith(name)),
    );
    if (missing.length > 0) return `missing static pods on node ${address}: ${list(missing)}`;
  }
  return null;
}

export async function components(view: ClusterView): Promise<string | null> {
  const nodes = labelled(await view.kube('nodes'), 'node-role.kubernetes.io/control-plane');
  const problem = match(controlPlanesOf(view), nodes.map(addressesOf));
  if (problem !== null) return problem;
  for (const name of ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager']) {
    const pods = labelled(await view.kube('pods'), 'k8s-app', name);
    if (pods.length !== nodes.length) {
      return `expected number of pods for ${name} to be ${nodes.length}, got ${pods.length}`;
    }
    const sick = pods.filter((pod) => (statusOf(pod, 'Ready') ?? 'True') !== 'True');
    if (sick.length > 0) return `some pods are not ready for ${name}: ${namesOf(sick)}`;
  }
  return null;
}

const hasNoNetwork = async (view: ClusterView): Promise<boolean> =>
  view.minor >= 13 && (await view.cniName()) === 'none';

export async function nodesReady(view: ClusterView): Promise<string | null> {
  if (await hasNoNetwork(view)) return SKIP;
  const nodes = await view.kube('nodes');
  const sick = nodes.filter((node) => (statusOf(node, 'Ready') ?? 'True') !== 'True');
  return sick.length === 0 ? null : `some nodes are not ready: ${namesOf(sick)}`;
}

/** K8sPodReadyAssertion. */
async function podsReady(view: ClusterView, app: string, replicas: number): Promise<string | null> {
  const selector = `for namespace "kube-system" and label selector "k8s-app=${app}"`;
  const pods = labelled(await view.kube('pods'), 'k8s-app', app);
  if (pods.length === 0) return `no pods found ${selector}`;
  const counted = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !isOver(pod),
  );
  const sick = counted.filter((pod) => statusOf(pod, 'Ready') !== 'True');
  const readyCount = counted.length - sick.length;
  if (readyCount === 0) return `no ready pods found ${selector}`;
  if (sick.length > 0) return `some pods are not ready: ${namesOf(sick)}`;
  return readyCount === replicas ? null : `expected ${replicas} ready pods, got ${readyCount}`;
}

function isOver({ status }: KubeFact): boolean {
  const { phase, containerStatuses = [] } = (status ?? {}) as {
    readonly phase?: string;
    readonly containerStatuses?: readonly { readonly state?: { readonly terminated?: unknown } }[];
  };
  return (
    phase === 'Failed' || containerStatuses.every(({ state }) => state?.terminated !== undefined)
  );
}

export async function kubeProxy(view: ClusterView): Promise<string | null> {
  const [set] = labelled(await view.kube('daemonsets'), 'k8s-app', 'kube-proxy');
  const { desiredNumberScheduled = 0 } = (set?.status ?? {}) as {
    readonly desiredNumberScheduled?: number;
  };
  const isNone = set === undefined || (view.minor >= 14 && desiredNumberScheduled === 0);
  return isNone ? SKIP : podsReady(view, 'kube-proxy', desiredNumberScheduled);
}

export async function coreDns(view: ClusterView): Promise<string | null> {
  if (await hasNoNetwork(view)) return SKIP;
  const [deployment] = labelled(await view.kube('deployments'), 'k8s-app', 'kube-dns');
  if (deployment === undefined) return SKIP;
  const { replicas = 0 } = (deployment.spec ?? {}) as { readonly replicas?: number };
  return podsReady(view, 'kube-dns', replicas);
}

/** talos: only the first one is named. */
export async function schedulable(view: ClusterView): Promise<string | null> {
  const cordoned = (await view.kube('nodes')).filter(
    ({ spec }) => ((spec ?? {}) as { readonly unschedulable?: boolean }).unschedulable === true,
  );
  return cordoned.length === 0
    ? null
    : `some nodes are not schedulable: ${namesOf(cordoned.slice(0, 1))}`;
}
