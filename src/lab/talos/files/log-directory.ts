import type { LabNode, World } from '../../world/types.js';
import { containerLog } from '../logs/pods.js';
import { podContainers } from '../runtime/containers.js';
import { bulk, type Directory, directory, type Entry, link } from './tree.js';

const AUDIT_BYTES = 31_457_280;

/** Logs of pods as the kubelet keeps them, and the API server's audit log. */
export function logDirectory(world: World, node: LabNode): Directory {
  const atMs = world.clock.now();
  const inside = podContainers(world, node).filter(({ id, podId }) => id !== podId);
  const text = (container: (typeof inside)[number]): Buffer =>
    Buffer.from(
      containerLog(container)
        .between(Number.NEGATIVE_INFINITY, world.clock.now())
        .map((line) => `${line.text}\n`)
        .join(''),
    );
  const podName = (podId: string): string => podId.replace('/', '_');
  const pods = (): Readonly<Record<string, Entry>> =>
    Object.fromEntries(
      inside.map((container) => [
        podName(container.podId),
        directory(atMs, {
          [container.name]: directory(atMs, {
            '0.log': {
              kind: 'file',
              mode: 0o640,
              uid: 0,
              gid: 0,
              modifiedMs: atMs,
              sizeBytes: 64_000,
              content: () => text(container),
            },
          }),
        }),
      ]),
    );
  const containers = (): Readonly<Record<string, Entry>> =>
    Object.fromEntries(
      inside.map(({ podId, name, internalId }) => [
        `${podId.split('/').toReversed().join('_')}_${name}-${internalId.slice(0, 64)}.log`,
        link(atMs, `/var/log/pods/${podName(podId)}/${name}/0.log`),
      ]),
    );
  const audit: Record<string, Entry> =
    node.role === 'controlplane'
      ? {
          audit: directory(
            atMs,
            {
              kube: directory(
                atMs,
                { 'kube-apiserver.log': bulk(atMs, AUDIT_BYTES, 0o600) },
                0o700,
              ),
            },
            0o700,
          ),
        }
      : {};
  return directory(atMs, {
    ...audit,
    containers: directory(atMs, containers),
    pods: directory(atMs, pods),
  });
}
