import { OperatorError } from '../../src/model/errors.js';
import { done, type Exit, failed, lineOf, type ShellWorld, until } from './sim-shell.js';

const VALUED = new Set(['--kubeconfig', '--context', '--request-timeout', '--raw', '--server']);
const MERGE = 'application/merge-patch+json';
const RETRY_MS = 5_000;

export async function kubectl(
  args: readonly string[],
  stdin: string,
  sim: ShellWorld,
): Promise<Exit> {
  const { words, flags } = lineOf(args, VALUED);
  const [verb = '', first = '', second = '', third = ''] = words;
  const raw = flags.get('--raw');
  switch (verb) {
    case 'cordon':
    case 'uncordon':
      sim.onOrder({ kind: verb, node: first });
      await patchNode(first, { spec: { unschedulable: verb === 'cordon' ? true : null } }, sim);
      return done();
    case 'annotate':
      sim.onOrder({ kind: 'annotate', node: second, text: third });
      await patchNode(second, { metadata: { annotations: annotationOf(third) } }, sim);
      return done();
    case 'drain':
      return await drain(
        first,
        seconds(flags.get('--timeout')),
        flags.has('--disable-eviction'),
        sim,
      );
    case 'get':
      if (raw === undefined) break;
      return done(textOf(await sim.kube.ask({ method: 'GET', path: raw, ...placeOf(flags) })));
    case 'replace':
      if (raw === undefined) break;
      await sim.kube.ask({ method: 'PUT', path: raw, body: JSON.parse(stdin) });
      return done();
    default:
  }
  throw new Error(`The simulated kubectl does not know ${words.join(' ')}.`);
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

function placeOf(flags: ReadonlyMap<string, string>): { readonly address?: string } {
  const server = flags.get('--server');
  return server === undefined ? {} : { address: new URL(server).hostname };
}

const seconds = (text = '0s'): number => Number.parseInt(text, 10) * 1_000;

function annotationOf(text: string): Readonly<Record<string, string | null>> {
  const [key = '', value] = text.split(/=(.*)/s);
  return value === undefined ? { [key.replace(/-$/, '')]: null } : { [key]: value };
}

const patchNode = async (name: string, body: unknown, { kube }: ShellWorld): Promise<unknown> =>
  await kube.ask({ method: 'PATCH', path: `/api/v1/nodes/${name}`, body, contentType: MERGE });

interface Pod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly status?: { readonly phase?: string };
}

const MIRROR = 'kubernetes.io/config.mirror';

async function podsToGo(node: string, { kube }: ShellWorld): Promise<readonly Pod[]> {
  const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`;
  const { items } = (await kube.ask({ method: 'GET', path })) as { readonly items: readonly Pod[] };
  return items.filter(
    ({ metadata, status }) =>
      metadata.annotations?.[MIRROR] === undefined &&
      !(metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet') &&
      !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
  );
}

/** Evicts one pod after the other, tries again where a budget forbids it, and waits until they are gone. */
async function drain(
  node: string,
  timeoutMs: number,
  isForced: boolean,
  sim: ShellWorld,
): Promise<Exit> {
  sim.onOrder({ kind: 'drain', node });
  await patchNode(node, { spec: { unschedulable: true } }, sim);
  const startedAtMs = sim.world.clock.monotonicMs();
  for (;;) {
    const pods = await podsToGo(node, sim);
    if (pods.length === 0) return done();
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp === undefined) await remove(pod, isForced, sim);
    }
    if (sim.world.clock.monotonicMs() - startedAtMs > timeoutMs) {
      return failed('error: unable to drain node, global timeout reached');
    }
    await until(sim, RETRY_MS, () => false);
  }
}

async function remove({ metadata }: Pod, isForced: boolean, { kube }: ShellWorld): Promise<void> {
  const { namespace, name } = metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  try {
    if (isForced) await kube.ask({ method: 'DELETE', path });
    else {
      const body = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
      };
      await kube.ask({ method: 'POST', path: `${path}/eviction`, body });
    }
  } catch (error) {
    // A budget, or a pod that has gone meanwhile: the next round sees.
    if (!(error instanceof OperatorError)) throw error;
  }
}
