import { z } from 'zod';
import type { KubeInspection } from '../../model/inspection.js';
import { count, map, text } from '../kube-fields.js';
import type { ApiGroups } from './api-groups.js';
import type { KubeLists } from './kube-pages.js';
import type { InspectedKubeNode } from './kube-shapes.js';

type Automation = KubeInspection['automations'][number];

const TUPPR = 'tuppr.home-operations.com';
const TUPPR_LABEL = 'tuppr.home-operations.com/upgrading';
/** tuppr: these phases touch no node; the empty one has not begun. */
const TUPPR_AT_REST: readonly string[] = ['', 'Pending', 'Completed', 'Failed'];
const SUC = 'upgrade.cattle.io';
/** On the DaemonSet while a node is being restarted (kured: pkg/daemonsetlock). */
const KURED_LOCK = /kured-node-lock$/;

/** Other tools that restart nodes, and whether they are at it. operations 2.3 */
export async function readAutomations(
  lists: KubeLists,
  groups: ApiGroups,
  nodes: readonly InspectedKubeNode[],
): Promise<readonly Automation[]> {
  const found = await Promise.all([
    tuppr(lists, groups, nodes),
    kured(lists),
    systemUpgradeController(lists, groups),
  ]);
  return found.filter((each) => each !== null);
}

const upgrade = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ phase: text }).nullish(),
});

async function tuppr(
  lists: KubeLists,
  groups: ApiGroups,
  nodes: readonly InspectedKubeNode[],
): Promise<Automation | null> {
  const kinds = ['talosupgrades', 'kubernetesupgrades'];
  const perKind = await Promise.all(
    kinds.map(async (kind) => {
      const path = groups.path(TUPPR, kind);
      return path === null ? [] : await lists(path, upgrade);
    }),
  );
  const upgrades = perKind.flat();
  const marked = nodes.filter(({ labels }) => TUPPR_LABEL in labels);
  const busy = upgrades.filter(({ status }) => !TUPPR_AT_REST.includes(status?.phase ?? ''));
  if (!groups.has(TUPPR) && marked.length === 0) return null;
  const doing = [
    ...busy.map(({ metadata, status }) => `${metadata.name} is ${status?.phase}`),
    ...marked.map(({ name }) => `${name} is marked as upgrading`),
  ];
  return {
    tool: 'tuppr',
    isActive: doing.length > 0,
    text: doing.length > 0 ? doing.join(', ') : 'installed, no upgrade under way',
  };
}

const daemonSet = z.object({
  metadata: z.object({ name: z.string(), labels: map, annotations: map }),
});
const lockValue = z.object({ nodeID: z.string() });

async function kured(lists: KubeLists): Promise<Automation | null> {
  const sets = await lists('/apis/apps/v1/daemonsets', daemonSet);
  const own = sets.filter(
    ({ metadata: { name, labels, annotations } }) =>
      name === 'kured' ||
      [labels.name, labels['app.kubernetes.io/name']].includes('kured') ||
      Object.keys(annotations).some((key) => KURED_LOCK.test(key)),
  );
  if (own.length === 0) return null;
  const locks = own.flatMap(({ metadata }) =>
    Object.entries(metadata.annotations).filter(([key]) => KURED_LOCK.test(key)),
  );
  const [lock] = locks;
  return lock === undefined
    ? { tool: 'kured', isActive: false, text: 'installed, no node is being restarted' }
    : { tool: 'kured', isActive: true, text: `holds its lock for ${lockedNode(lock[1])}` };
}

function lockedNode(value: string): string {
  try {
    return lockValue.parse(JSON.parse(value)).nodeID;
  } catch {
    return 'a node';
  }
}

const job = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ active: count }).nullish(),
});

async function systemUpgradeController(
  lists: KubeLists,
  groups: ApiGroups,
): Promise<Automation | null> {
  if (!groups.has(SUC)) return null;
  const jobs = await lists('/apis/batch/v1/jobs?labelSelector=upgrade.cattle.io%2Fcontroller', job);
  const active = jobs.filter(({ status }) => (status?.active ?? 0) > 0);
  return {
    tool: 'system-upgrade-controller',
    isActive: active.length > 0,
    text:
      active.length > 0
        ? `${active.map(({ metadata }) => metadata.name).join(', ')} under way`
        : 'installed, no job under way',
  };
}
