import { status } from '@grpc/grpc-js';
import { startInstaller } from '../../world/talos-lifecycle.js';
import type { LabNode } from '../../world/types.js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { Failure } from '../failure.js';
import { ADMINS } from '../roles.js';
import { type ContainerdInstance, isInStore } from './images.js';

interface LifecycleRequest {
  readonly containerd: ContainerdInstance | null;
  readonly source: { readonly image_name: string } | null;
}

const precondition = (text: string): Failure => new Failure(status.FAILED_PRECONDITION, text);

/** In which of its lives the machine is busy: a lost power ends that, too. */
const BUSY = new WeakMap<LabNode, number>();

/** talos: internal/app/lifecycle, Upgrade. No check of etcd, no drain and no reboot: those are the caller's. */
function upgrade(context: CallContext, message: object, outlet: StreamOutlet): void {
  const { talos, node } = context;
  const { source, containerd } = message as LifecycleRequest;
  if (BUSY.get(node) === node.powerEpoch) {
    throw precondition('another installation/upgrade is already in progress');
  }
  if (node.machine.systemDisk === null) throw precondition('machine is not installed');
  const reference = source?.image_name ?? '';
  if (reference === '') {
    throw new Failure(status.INVALID_ARGUMENT, 'installer image name is required');
  }
  if (!isInStore(context, containerd, reference)) {
    throw new Failure(
      status.INTERNAL,
      `upgrade failed: installer image "${reference}" not found in containerd store: image "${reference}": not found`,
    );
  }
  BUSY.set(node, node.powerEpoch);
  startInstaller(talos.world, node, reference, {
    line: (text) => outlet.write({ progress: { message: `${text}\n` } }),
    exit: (code) => {
      BUSY.delete(node);
      outlet.write({ progress: { exit_code: code } });
      outlet.end();
    },
  });
}

/** Only a machine without an installation can be installed, and that waits for a configuration here. */
function install({ node }: CallContext): never {
  if (node.machine.systemDisk !== null) {
    throw new Failure(status.ALREADY_EXISTS, 'machine is already installed');
  }
  throw new Failure(status.UNIMPLEMENTED, 'the lab installs by configuration only');
}

export const LIFECYCLE_SERVICE: Service = {
  name: 'machine.LifecycleService',
  file: 'lifecycle.proto',
  fansOut: false,
  sinceMinor: 13,
  methods: {
    Upgrade: { kind: 'stream', roles: ADMINS, answer: upgrade },
    Install: { kind: 'stream', roles: ADMINS, answer: install },
  },
};
