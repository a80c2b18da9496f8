import { detailOf, Failure, isRefusedFor } from '../kubectl/failure.js';
import type { Session } from '../kubectl/session.js';
import { typeOfKind } from '../kubectl/types.js';
import { objectPath } from '../kubectl/wanted.js';
import type { Manifest } from './chart.js';
import type { Release } from './releases.js';
import { merged, type Values } from './values.js';

const MERGE_PATCH = { sent: 'application/merge-patch+json' };

interface Stored extends Manifest {
  readonly spec?: { readonly replicas?: number };
  readonly status?: Readonly<Record<string, unknown>>;
}

type Owner = Pick<Release, 'name' | 'namespace'>;

async function pathsOf(session: Session, owner: Owner, manifest: Manifest) {
  const type = await typeOfKind(session, manifest as Parameters<typeof typeOfKind>[1], '');
  const namespace = manifest.metadata.namespace ?? owner.namespace;
  return {
    all: objectPath(type, namespace, undefined),
    one: objectPath(type, namespace, manifest.metadata.name),
  };
}

async function current(session: Session, path: string): Promise<Stored | null> {
  try {
    return (await session.json('GET', path)) as Stored;
  } catch (error) {
    if (isRefusedFor(error, 'NotFound')) return null;
    throw error;
  }
}

const marksOf = ({ name, namespace }: Owner) => ({
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: {
    'meta.helm.sh/release-name': name,
    'meta.helm.sh/release-namespace': namespace,
  },
});

/** action.checkOwnership: what somebody else made is left alone. @throws Failure */
function checkOwner(object: Stored, owner: Owner, what: string): void {
  const { labels, annotations } = marksOf(owner);
  const given = object.metadata as {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  const wrong = [
    ...Object.entries(labels).flatMap(([key, value]) =>
      complaint('label', key, value, given.labels),
    ),
    ...Object.entries(annotations).flatMap(([key, value]) =>
      complaint('annotation', key, value, given.annotations),
    ),
  ];
  if (wrong.length === 0) return;
  const { kind, metadata } = object;
  throw new Failure(
    `Unable to continue with ${what}: ${kind} ${JSON.stringify(metadata.name)} in namespace ${JSON.stringify(metadata.namespace ?? '')} exists and cannot be imported into the current release: invalid ownership metadata; ${wrong.join('; ')}`,
  );
}

function complaint(
  what: string,
  key: string,
  wanted: string,
  given: Readonly<Record<string, string>> | undefined,
): readonly string[] {
  const value = given?.[key];
  if (value === wanted) return [];
  const found =
    value === undefined ? `missing key "${key}"` : `key "${key}" must equal "${wanted}"`;
  return [
    value === undefined
      ? `${what} validation error: ${found}: must be set to "${wanted}"`
      : `${what} validation error: ${found}: current value is "${value}"`,
  ];
}

const isSame = (a: Manifest, b: Manifest): boolean =>
  a.kind === b.kind && a.metadata.name === b.metadata.name;

/** Creates, changes and removes until the cluster has what the new manifest says. @throws Failure */
export async function bringAbout(
  session: Session,
  owner: Owner,
  before: readonly Manifest[],
  after: readonly Manifest[],
): Promise<void> {
  const what = before.length === 0 ? 'install' : 'update';
  const plans: (() => Promise<unknown>)[] = [];
  for (const manifest of after) {
    const old = before.find((each) => isSame(each, manifest));
    const { all, one } = await pathsOf(session, owner, manifest);
    const found = await current(session, one);
    const marked = merged(manifest, { metadata: marksOf(owner) });
    if (found === null) plans.push(() => session.json('POST', all, marked));
    else {
      if (old === undefined) checkOwner(found, owner, what);
      const patch = merged(removals(old ?? {}, manifest), marked);
      plans.push(() => session.json('PATCH', one, patch, MERGE_PATCH));
    }
  }
  for (const plan of plans) await plan();
  await removeObjects(
    session,
    owner,
    before.filter((old) => !after.some((each) => isSame(each, old))),
  );
}

/** A merge patch that takes away what the old manifest had and the new one has not. */
function removals(before: Values, after: Values): Values {
  return Object.fromEntries(
    Object.entries(before).flatMap(([key, old]): readonly (readonly [string, unknown])[] => {
      if (!(key in after)) return [[key, null]];
      const next = after[key];
      if (!isTable(old) || !isTable(next)) return [];
      return [[key, removals(old, next)]];
    }),
  );
}

const isTable = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Last first; what is gone already does not matter. @throws Failure */
export async function removeObjects(
  session: Session,
  owner: Owner,
  manifests: readonly Manifest[],
): Promise<void> {
  for (const manifest of manifests.toReversed()) {
    const { one } = await pathsOf(session, owner, manifest);
    try {
      await session.json('DELETE', one, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isRefusedFor(error, 'NotFound')) throw error;
    }
  }
}

const POLL_MS = 200;
const WORKLOADS = ['Deployment', 'DaemonSet', 'StatefulSet'];

/** Until every workload is rolled out. @throws Failure after the limit. */
export async function waitForAll(
  session: Session,
  owner: Owner,
  manifests: readonly Manifest[],
  limitMs: number,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (const manifest of manifests.filter(({ kind }) => WORKLOADS.includes(kind))) {
    const { one } = await pathsOf(session, owner, manifest);
    while (!isReady(await current(session, one))) {
      if (performance.now() > deadline) throw new Failure('context deadline exceeded');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function isReady(object: Stored | null): boolean {
  const { observedGeneration, numberReady, desiredNumberScheduled, readyReplicas } =
    object?.status ?? {};
  const { generation } = (object?.metadata ?? {}) as { readonly generation?: number };
  if (object === null || generation !== observedGeneration) return false;
  return object.kind === 'DaemonSet'
    ? numberReady === desiredNumberScheduled
    : Number(readyReplicas ?? 0) >= (object.spec?.replicas ?? 1);
}

/** What Go would have said of it after its own words. */
export const reasonOf = (error: Failure): string => detailOf(error).replace(/^Error: /, '');
