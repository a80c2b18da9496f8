import { type Flags, isOn } from './arguments.js';
import { detailOf, Failure, isRefusedFor, type Refused } from './failure.js';
import type { KubeItem } from './printing.js';
import type { Session } from './session.js';

const MIRROR = 'kubernetes.io/config.mirror';
const DAEMON_SETS = 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)';
const LOCAL_STORAGE = 'Pods with local storage (use --delete-emptydir-data to override)';
/** kubectl up to 1.35 says "cannot delete" twice. */
const UNMANAGED = 'cannot delete Pods that declare no controller (use --force to override)';

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

export interface Pod extends KubeItem {
  readonly metadata: KubeItem['metadata'] & {
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly Owner[];
  };
  readonly spec: { readonly volumes?: readonly { readonly emptyDir?: unknown }[] };
  readonly status?: { readonly phase?: string };
}

interface Fate {
  readonly goes: boolean;
  readonly reason: 'okay' | 'skip' | 'warning' | 'error';
  readonly message: string;
}

export interface PodsToGo {
  readonly pods: readonly Pod[];
  /** Empty when there is nothing to warn of. */
  readonly warnings: string;
  readonly errors: readonly Failure[];
}

/** What a drain would take from a node, and what forbids it (kubectl: pkg/drain/filters.go). @throws Failure */
export async function podsToGo(node: string, flags: Flags, session: Session): Promise<PodsToGo> {
  const query = new URLSearchParams({ fieldSelector: `spec.nodeName=${node}`, limit: '500' });
  const selector = flags.get('pod-selector');
  if (selector !== undefined) query.set('labelSelector', selector);
  const pods: Pod[] = [];
  let next = '';
  do {
    if (next !== '') query.set('continue', next);
    const page = (await session.json('GET', `/api/v1/pods?${query}`)) as PodList;
    pods.push(...page.items);
    next = page.metadata.continue ?? '';
  } while (next !== '');
  const fates: (readonly [Pod, Fate])[] = [];
  for (const pod of pods) fates.push([pod, await fateOf(pod, flags, session)]);
  return {
    pods: fates.filter(([, { goes }]) => goes).map(([pod]) => pod),
    warnings: grouped(fates, 'warning').join('; '),
    errors: grouped(fates, 'error').map((text) => new Failure(`error: cannot delete ${text}`)),
  };
}

interface PodList {
  readonly items: readonly Pod[];
  readonly metadata: { readonly continue?: string };
}

/** `message: namespace/pod, namespace/pod` */
function grouped(
  fates: readonly (readonly [Pod, Fate])[],
  reason: Fate['reason'],
): readonly string[] {
  const byMessage = new Map<string, string[]>();
  for (const [{ metadata }, fate] of fates) {
    if (fate.reason !== reason) continue;
    const names = byMessage.get(fate.message) ?? [];
    byMessage.set(fate.message, [...names, `${metadata.namespace}/${metadata.name}`]);
  }
  return [...byMessage].map(([message, names]) => `${message}: ${names.join(', ')}`);
}

const OKAY: Fate = { goes: true, reason: 'okay', message: '' };
const SKIPPED: Fate = { goes: false, reason: 'skip', message: '' };
const warning = (goes: boolean, message: string): Fate => ({ goes, reason: 'warning', message });
const fatal = (message: string): Fate => ({ goes: false, reason: 'error', message });

/** The first filter that keeps a pod decides; of those that let it go, the last one speaks. */
async function fateOf(pod: Pod, flags: Flags, session: Session): Promise<Fate> {
  const isFinished = ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (isLongDying(pod, flags)) return SKIPPED;
  if (!isFinished && owner?.kind === 'DaemonSet' && owner.apiVersion === 'apps/v1') {
    const fate = await daemonFate(pod.metadata.namespace, owner.name, flags, session);
    if (!fate.goes) return fate;
  }
  if (pod.metadata.annotations?.[MIRROR] !== undefined) return SKIPPED;
  if (isFinished) return OKAY;
  const hasLocalStorage = pod.spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined) === true;
  if (hasLocalStorage && !isOn(flags, 'delete-emptydir-data')) return fatal(LOCAL_STORAGE);
  if (owner !== undefined) return OKAY;
  return isOn(flags, 'force')
    ? warning(true, 'deleting Pods that declare no controller')
    : fatal(UNMANAGED);
}

async function daemonFate(
  namespace: string,
  name: string,
  flags: Flags,
  session: Session,
): Promise<Fate> {
  try {
    await session.json('GET', `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const isOrphan = isRefusedFor(error, 'NotFound') && isOn(flags, 'force');
    return isOrphan ? warning(true, detailOf(error)) : fatal(detailOf(error as Refused));
  }
  return isOn(flags, 'ignore-daemonsets')
    ? warning(false, 'ignoring DaemonSet-managed Pods')
    : fatal(DAEMON_SETS);
}

/** `--skip-wait-for-delete-timeout`: it was to be gone long ago. */
export function isLongDying({ metadata }: Pod, flags: Flags): boolean {
  const seconds = Number(flags.get('skip-wait-for-delete-timeout') ?? 0);
  const since = metadata.deletionTimestamp;
  return seconds > 0 && since !== undefined && Date.now() - Date.parse(since) > seconds * 1000;
}
