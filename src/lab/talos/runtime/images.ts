import { createHash } from 'node:crypto';
import { listObjects } from '../../world/kube-store.js';
import { podSpec } from '../../world/pods.js';
import { fractionOf } from '../../world/random.js';
import { etcdVersionOf } from '../../world/talos-release.js';
import type { LabNode, World } from '../../world/types.js';
import { PAUSE_IMAGE } from './containers.js';

export interface NodeImage {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
}

const DAY_MS = 86_400_000;
const MIB = 1024 ** 2;

const sha256 = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

const withoutTag = (reference: string): string => reference.replace(/:[^:/]+$/, '');

/** Every image is known by its tag and its digest, and to CRI also by its id. */
function namesOf(reference: string, isSystem: boolean): readonly string[] {
  const digest = sha256(reference);
  const names = [reference, `${withoutTag(reference)}@${digest}`];
  return isSystem ? names : [...names, sha256(`config:${reference}`)];
}

/** What Talos pulls for itself: the kubelet, and etcd on control planes. */
export function systemReferences(world: World, node: LabNode): readonly string[] {
  const kubelet = `ghcr.io/siderolabs/kubelet:${world.facts.kubernetesVersion}`;
  return node.role === 'controlplane'
    ? [kubelet, `registry.k8s.io/etcd:v${etcdVersionOf(node)}`]
    : [kubelet];
}

function podReferences(world: World, node: LabNode): readonly string[] {
  const images = listObjects(world, 'pods')
    .filter((pod) => podSpec(pod).nodeName === node.hostname)
    .flatMap(
      (pod) =>
        (pod.spec as { readonly containers?: readonly { image: string }[] }).containers ?? [],
    )
    .map(({ image }) => image);
  return [PAUSE_IMAGE, ...images];
}

export function imagesOf(world: World, node: LabNode, isSystem: boolean): readonly NodeImage[] {
  const own = isSystem ? systemReferences(world, node) : podReferences(world, node);
  const pulled = node.pulledImages
    .filter((image) => image.isSystem === isSystem)
    .map(({ reference }) => reference);
  return [...new Set([...own, ...pulled])]
    .flatMap((reference) =>
      namesOf(reference, isSystem).map((name) => ({
        name,
        digest: sha256(reference),
        sizeBytes: Math.floor((20 + 160 * fractionOf(world.facts.seed, reference)) * MIB),
        createdAtMs:
          node.pulledImages.find((image) => image.reference === reference)?.atMs ??
          world.facts.startedAtMs - 40 * DAY_MS,
      })),
    )
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}
