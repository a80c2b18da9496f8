import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Case } from './case.js';
import type { ApiObject, KubeApi } from './kube-api.js';
import type { ContractLab } from './lab.js';
import { masked, withoutPlaces } from './masks.js';

const run = promisify(execFile);
/** Different in every lab, or counting writes: a program that writes twice leaves the same world. */
const VOLATILE = ['resourceVersion', 'uid', 'managedFields', 'selfLink'];

/**
 * Everything that a step may have changed, without what differs between equal labs. Machines are asked after the
 * last step only: each look starts programs.
 */
export async function worldOf(
  lab: ContractLab,
  { program, timeScale = 0, isMoving = timeScale > 0 }: Case,
  places: ReadonlyMap<string, string>,
  isLast: boolean,
): Promise<unknown> {
  const { virtualTime: _, ...status } = await lab.status();
  const parts = {
    status,
    kubernetes: await (isMoving ? settledOf : kubernetesOf)(lab.api).catch(
      (error: Error) => error.message,
    ),
    talos: program === 'talosctl' && isLast ? await talosOf(lab) : null,
  };
  const text = masked(withoutPlaces(JSON.stringify(parts), places), [
    'timestamps',
    'uuids',
    'base64',
    'bootstrap-tokens',
    'ago',
    'release-times',
  ]);
  return JSON.parse(text) as unknown;
}

interface ResourceList extends ApiObject {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

interface GroupList extends ApiObject {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

/** Every object of every type that the API can list. */
async function kubernetesOf(api: KubeApi): Promise<Readonly<Record<string, unknown>>> {
  const { groups } = (await api.get('/apis')) as GroupList;
  const roots = [
    '/api/v1',
    ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  const world: Record<string, unknown> = {};
  for (const root of roots) {
    const { resources } = (await api.get(root)) as ResourceList;
    // What nobody can write does not change.
    const lists = resources.filter(
      ({ name, verbs }) => verbs.includes('list') && verbs.includes('create') && !/\//.test(name),
    );
    for (const { name } of lists) {
      const { items = [] } = await api.get(`${root}/${name}`);
      if (items.length === 0 || root.includes('events.k8s.io')) continue;
      world[`${root}/${name}`] = name === 'events' ? summaryOf(items) : items.map(steady);
    }
  }
  return world;
}

interface Settled extends ApiObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** Which nodes take pods, how many pods of whom are where, and what may still be disrupted. */
async function settledOf(api: KubeApi): Promise<Readonly<Record<string, unknown>>> {
  const items = async (path: string) => ((await api.get(path)).items ?? []) as readonly Settled[];
  const nodes = (await items('/api/v1/nodes')).map(({ metadata, spec, status }) => ({
    name: metadata.name,
    spec,
    annotations: metadata.annotations,
    conditions: ((status?.conditions ?? []) as readonly Condition[]).map(
      (one) => `${one.type}=${one.status}`,
    ),
  }));
  const pods = (await items('/api/v1/pods')).map(({ metadata, spec, status }) => {
    const [owner] = (metadata.ownerReferences ?? []) as readonly { readonly name: string }[];
    return `${metadata.namespace}/${owner?.name ?? metadata.name} on ${spec?.nodeName}: ${status?.phase}`;
  });
  const budgets = (await items('/apis/policy/v1/poddisruptionbudgets')).map(
    ({ metadata, status }) => [metadata.name, status],
  );
  return { nodes, pods: pods.sort(), budgets };
}

/** An event's name and count depend on when it happened; what it says does not. */
const summaryOf = (events: readonly ApiObject[]): readonly string[] =>
  [
    ...new Set(
      events.map(({ type, reason, message, involvedObject }) => {
        const { kind, name } = involvedObject as { readonly kind: string; readonly name: string };
        return `${type} ${reason} ${kind}/${name}: ${message}`;
      }),
    ),
  ].sort();

function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.includes(key))
      .map(([key, field]) => [key, steady(field)]),
  );
}

const TALOS_VIEWS: readonly (readonly string[])[] = [
  ['etcd', 'members', '-n', '{cp1}'],
  ['etcd', 'alarm', 'list', '-n', '{cps}'],
  ['services', '-n', '{nodes}'],
  ['get', 'machinestatus', '-o', 'json', '-n', '{nodes}'],
];

/** Through the stand-in for everybody: one observer, two worlds. */
async function talosOf({ dir, facts }: ContractLab): Promise<readonly string[]> {
  const nodes = facts.get('nodes') ?? '';
  const words: Readonly<Record<string, string>> = {
    '{cp1}': facts.get('cp1') ?? '',
    '{cps}': facts.get('endpoints') ?? '',
    '{nodes}': nodes,
  };
  const look = async (view: readonly string[]): Promise<string> => {
    const args = [
      ...view.map((word) => words[word] ?? word),
      ...['--talosconfig', join(dir, 'talosconfig')],
    ];
    const { stdout } = await run(join(dir, 'bin', 'talosctl'), args).catch(
      (error: { readonly stdout: string }) => error,
    );
    return stdout.replace(/ {3,}/g, '   ');
  };
  return Promise.all(TALOS_VIEWS.map(look));
}
