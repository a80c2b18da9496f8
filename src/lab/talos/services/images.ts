import { status } from '@grpc/grpc-js';
import { factoryHostsOf, installerImage } from '../../world/talos-image.js';
import { pullFailure } from '../../world/talos-install.js';
import type { CallContext, Method, Service, StreamOutlet } from '../calls.js';
import { timestamp } from '../collection.js';
import { Failure } from '../failure.js';
import { ADMINS, OPERATORS, READERS } from '../roles.js';
import { imagesOf } from '../runtime/images.js';
import { virtually } from '../virtual-time.js';

/** Fetching an image that is not there yet, and finding one that is. */
const PULL_MS = 5000;
const FIND_MS = 400;
const LAYERS = 3;
const LAYER_BYTES = 28_311_552;

type Namespace = 'NS_UNKNOWN' | 'NS_SYSTEM' | 'NS_CRI';

export interface ContainerdInstance {
  readonly driver: 'CONTAINERD' | 'CRI';
  readonly namespace: Namespace;
}

const invalid = (text: string): Failure => new Failure(status.INVALID_ARGUMENT, text);

/** talos: ctrhelper.ContainerdInstanceHelper. @throws Failure. */
function isSystemStore(instance: ContainerdInstance | null): boolean {
  const { driver, namespace } = instance ?? { driver: 'CONTAINERD', namespace: 'NS_UNKNOWN' };
  if (namespace === 'NS_UNKNOWN') throw invalid('invalid containerd namespace NS_UNKNOWN');
  if (driver === 'CONTAINERD' && namespace === 'NS_CRI') {
    throw invalid('cannot use CRI namespace with containerd driver');
  }
  return namespace === 'NS_SYSTEM';
}

/** Installers must exist; of all other images of known registries there is every version. */
function isPublished({ talos }: CallContext, reference: string): boolean {
  if (/installer/.test(reference)) return installerImage(talos.world, reference) !== null;
  const [host = ''] = reference.split('/');
  const registries = ['registry.k8s.io', 'ghcr.io', 'docker.io', 'quay.io', 'gcr.io'];
  return (
    [...registries, ...factoryHostsOf(talos.world)].includes(host) &&
    /^[a-z0-9.:-]+(?:\/[a-z0-9._-]+)+(?::[\w.-]+|@sha256:[0-9a-f]{64})$/.test(reference)
  );
}

const isThere = (context: CallContext, reference: string, isSystem: boolean): boolean =>
  imagesOf(context.talos.world, context.node, isSystem).some(({ name }) => name === reference);

export const isInStore = (
  context: CallContext,
  instance: ContainerdInstance | null,
  reference: string,
): boolean => isThere(context, reference, isSystemStore(instance));

function keep({ talos, node }: CallContext, reference: string, isSystem: boolean): void {
  const image = { reference, isSystem, atMs: talos.world.clock.now() };
  node.pulledImages = [...node.pulledImages, image];
}

/** Fetches the installer of an upgrade while the caller waits. @throws Failure when there is none. */
export async function pullInstaller(context: CallContext, reference: string): Promise<void> {
  const isKnown = isThere(context, reference, true);
  await virtually(context.talos.world, isKnown ? FIND_MS : PULL_MS);
  if (installerImage(context.talos.world, reference) === null) {
    throw new Failure(status.UNKNOWN, pullFailure(reference));
  }
  if (!isKnown) keep(context, reference, true);
}

/** @throws Failure NOT_FOUND. */
async function pullAny(context: CallContext, reference: string, isSystem: boolean): Promise<void> {
  const isKnown = isThere(context, reference, isSystem);
  await virtually(context.talos.world, isKnown ? FIND_MS : PULL_MS);
  if (isKnown) return;
  if (!isPublished(context, reference)) {
    throw new Failure(status.NOT_FOUND, `error pulling image: ${pullFailure(reference)}`);
  }
  keep(context, reference, isSystem);
}

interface PullRequest {
  readonly containerd: ContainerdInstance | null;
  readonly image_ref: string;
}

async function pull(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const { containerd, image_ref: reference } = message as PullRequest;
  const isSystem = isSystemStore(containerd);
  const isKnown = isThere(context, reference, isSystem);
  const tell = (state: string, offset: number): void => {
    for (let layer = 0; !isKnown && layer < LAYERS; layer += 1) {
      outlet.write({
        pull_progress: {
          layer_id: `layer-${layer}`,
          progress: { status: state, offset, total: LAYER_BYTES, elapsed: { seconds: 1 } },
        },
      });
    }
  };
  if (isPublished(context, reference)) tell('DOWNLOADING', LAYER_BYTES / 4);
  await pullAny(context, reference, isSystem);
  tell('EXTRACT_COMPLETE', LAYER_BYTES);
  const { digest = '' } =
    imagesOf(context.talos.world, context.node, isSystem).find(({ name }) => name === reference) ??
    {};
  const isPinned = reference.includes('@');
  if (!(await outlet.ready())) return;
  outlet.write({
    name: isPinned ? reference : `${reference.replace(/:[^:/]+$/, '')}@${digest}`,
  });
  outlet.end();
}

async function list(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const { containerd } = message as { readonly containerd: ContainerdInstance | null };
  const isSystem = isSystemStore(containerd);
  // The containerd in memory holds what boots the machine: no images.
  const isInMemory = containerd?.driver === 'CONTAINERD';
  const images = isInMemory ? [] : imagesOf(context.talos.world, context.node, isSystem);
  for (const image of images) {
    if (!(await outlet.ready())) return;
    outlet.write({
      name: image.name,
      digest: image.digest,
      size: image.sizeBytes,
      created_at: timestamp(image.createdAtMs),
      labels: isSystem ? {} : { 'io.cri-containerd.image': 'managed' },
    });
  }
  if (await outlet.ready()) outlet.end();
}

function remove(context: CallContext, message: object): object {
  const { containerd, image_ref: reference } = message as PullRequest;
  const isSystem = isSystemStore(containerd);
  const { node } = context;
  const left = node.pulledImages.filter(
    (image) => image.reference !== reference || image.isSystem !== isSystem,
  );
  if (left.length === node.pulledImages.length) {
    throw new Failure(status.NOT_FOUND, `image ${reference} not found`);
  }
  node.pulledImages = left;
  return {};
}

/** Up to 1.12 the only way, and still there. */
async function legacyPull(context: CallContext, message: object): Promise<object> {
  const { namespace, reference } = message as {
    readonly namespace: Namespace;
    readonly reference: string;
  };
  if (namespace === 'NS_UNKNOWN') throw invalid('invalid namespace NS_UNKNOWN');
  await pullAny(context, reference, namespace === 'NS_SYSTEM');
  return {};
}

export const IMAGE_PULL: Readonly<Record<string, Method>> = {
  ImagePull: { kind: 'unary', isWrapped: true, roles: OPERATORS, answer: legacyPull },
};

export const IMAGE_SERVICE: Service = {
  name: 'machine.ImageService',
  file: 'lifecycle.proto',
  fansOut: false,
  sinceMinor: 13,
  methods: {
    List: { kind: 'stream', roles: READERS, answer: list },
    Pull: { kind: 'stream', roles: OPERATORS, answer: pull },
    Remove: { kind: 'unary', isWrapped: false, roles: ADMINS, answer: remove },
  },
};
