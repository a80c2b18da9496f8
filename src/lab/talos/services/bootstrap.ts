import { status } from '@grpc/grpc-js';
import {
  type BootstrapRefusal,
  bootstrapEtcd,
  bootstrapRefusal,
} from '../../world/talos-bootstrap.js';
import { talosMinor } from '../../world/talos-version.js';
import type { CallContext, Method } from '../calls.js';
import { readRecovery } from '../etcd-file/recovery.js';
import { Failure } from '../failure.js';
import { ADMINS } from '../roles.js';

interface BootstrapRequest {
  readonly recover_etcd: boolean;
  readonly recover_skip_hash_check: boolean;
}

function codeOf({ kind }: BootstrapRefusal, minor: number): number {
  switch (kind) {
    case 'not yet':
      return status.FAILED_PRECONDITION;
    case 'worker':
      return minor >= 13 ? status.UNIMPLEMENTED : status.FAILED_PRECONDITION;
    case 'exists':
      return status.ALREADY_EXISTS;
  }
}

function bootstrap({ talos, node }: CallContext, message: object): object {
  const request = message as BootstrapRequest;
  node.journal.say(talos.world.clock.now(), 'bootstrap request received');
  const refusal = bootstrapRefusal(node);
  if (refusal !== null) {
    throw new Failure(codeOf(refusal, talosMinor(node.talosVersion)), refusal.text);
  }
  bootstrapEtcd(talos.world, node, {
    recovers: request.recover_etcd,
    skipsHashCheck: request.recover_skip_hash_check,
  });
  return {};
}

/** talos: the directory for the snapshot exists as soon as etcd prepares itself. */
function recover({ node }: CallContext, frames: readonly object[]): object {
  if (node.role !== 'controlplane') {
    throw new Failure(
      status.UNIMPLEMENTED,
      'etcd recover is only available on control plane nodes',
    );
  }
  if (node.machine.systemDisk === null || node.stage === 'maintenance') {
    throw new Failure(status.FAILED_PRECONDITION, 'etcd service is not ready for recovery yet');
  }
  const chunks = frames.map((frame) => (frame as { readonly bytes: Buffer }).bytes);
  node.machine.recovery = readRecovery(Buffer.concat(chunks));
  return {};
}

export const BOOTSTRAP_METHODS: Readonly<Record<string, Method>> = {
  Bootstrap: { kind: 'unary', isWrapped: true, roles: ADMINS, answer: bootstrap },
  EtcdRecover: { kind: 'upload', roles: ADMINS, answer: recover },
};
