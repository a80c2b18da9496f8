import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.js';
import { type Call, withClient } from './commands/command.js';
import { CommandError } from './errors.js';
import { type Ask, asking, EMPTY, good, type KubeObject, kubeconfigOf } from './kube-ask.js';
import { RESOURCE_RESPONSE } from './messages.js';
import { stringField } from './protobuf.js';
import type { Reporter } from './reporter.js';

const READY_EVERY_MS = 5000;
/** kubectl drain: an eviction that a budget forbids is asked for again. */
const EVICT_EVERY_MS = 5000;
const GONE_EVERY_MS = 1000;
const TOO_MANY_REQUESTS = 429;
const NOT_FOUND = 404;

async function nameOf(client: Client, node: string): Promise<string> {
  const message = Buffer.concat([
    stringField(1, 'k8s'),
    stringField(2, 'Nodenames.kubernetes.talos.dev'),
    stringField(3, 'nodename'),
  ]);
  const { resource } = RESOURCE_RESPONSE.decode(await client.getResource(node, message));
  return /nodename: *"?([^"\n]+)/.exec(resource?.spec?.yamlSpec ?? '')?.[1] ?? node;
}

/** DaemonSets come again and mirror pods are no business of the API; everything else goes. */
const goes = ({ metadata }: KubeObject): boolean =>
  !(metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet') &&
  metadata.annotations?.['kubernetes.io/config.mirror'] === undefined;

interface NodeDrain {
  /** @returns names of the Kubernetes nodes. */
  readonly drain: (timeoutMs: number) => Promise<readonly string[]>;
  readonly uncordon: (names: readonly string[], timeoutMs: number) => Promise<void>;
}

/** talos@1.13: cmd/talosctl/pkg/talos/nodedrain. */
export function nodeDrain(call: Call, reporter: Reporter): NodeDrain {
  const say = (text: string): void => reporter.report(text);
  return {
    async drain(timeoutMs) {
      const names: string[] = [];
      await withClient(call, async (client) => {
        const ask = asking(await kubeconfigOf(client));
        for (const node of client.target.nodes) {
          const name = await nameOf(client, node);
          names.push(name);
          await drainOne(ask, name, timeoutMs, say);
        }
      });
      return names;
    },
    async uncordon(names, timeoutMs) {
      await withClient(call, async (client) => {
        const ask = asking(await kubeconfigOf(client));
        for (const name of names) await uncordonOne(ask, name, timeoutMs, say);
      });
    },
  };
}

async function drainOne(
  ask: Ask,
  name: string,
  timeoutMs: number,
  say: (text: string) => void,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  good(await ask('GET', `/api/v1/nodes/${name}`), `error getting node "${name}"`);
  say(`${name}: cordoning node`);
  const cordon = { spec: { unschedulable: true } };
  good(await ask('PATCH', `/api/v1/nodes/${name}`, cordon), `error cordoning node "${name}"`);
  say(`${name}: node cordoned`);
  say(`${name}: draining node`);
  const list = await ask('GET', `/api/v1/pods?fieldSelector=spec.nodeName%3D${name}`);
  const pods = (good(list, `error draining node "${name}"`).items ?? []).filter(goes);
  for (const pod of pods) say(`${name}: evicting pod ${wordOf(pod)}`);
  await Promise.all(pods.map((pod) => evict(ask, name, pod, deadline, say)));
  say(`${name}: node drained`);
}

const wordOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

async function evict(
  ask: Ask,
  node: string,
  pod: KubeObject,
  deadline: number,
  say: (text: string) => void,
): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const late = (): CommandError =>
    new CommandError(
      `error draining node "${node}": error when evicting pods/"${name}" -n "${namespace}": global timeout reached`,
    );
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  for (;;) {
    const answer = await ask('POST', `${path}/eviction`, eviction);
    if (answer.status === NOT_FOUND) break;
    if (answer.status !== TOO_MANY_REQUESTS) {
      good(answer, `error draining node "${node}"`);
      break;
    }
    if (performance.now() >= deadline) throw late();
    await sleep(EVICT_EVERY_MS);
  }
  for (;;) {
    const { status, body } = await ask('GET', path);
    if (status === NOT_FOUND || body.metadata.uid !== uid) break;
    if (performance.now() >= deadline) throw late();
    await sleep(GONE_EVERY_MS);
  }
  say(`${node}: evicted pod ${wordOf(pod)}`);
}

async function uncordonOne(
  ask: Ask,
  name: string,
  timeoutMs: number,
  say: (text: string) => void,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  say(`${name}: waiting for node to become Ready`);
  for (;;) {
    const { body } = await ask('GET', `/api/v1/nodes/${name}`).catch(() => ({ body: EMPTY }));
    const ready = body.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') break;
    if (performance.now() >= deadline) {
      throw new CommandError(
        `error waiting for node "${name}" to become Ready: context deadline exceeded`,
      );
    }
    await sleep(READY_EVERY_MS);
  }
  say(`${name}: uncordoning node`);
  const uncordon = { spec: { unschedulable: null } };
  good(await ask('PATCH', `/api/v1/nodes/${name}`, uncordon), `error uncordoning node "${name}"`);
  say(`${name}: node uncordoned`);
}
