import { CLIENT_SIGNER, CSRS, kubeletClaim, postRequest, requestServing } from './csr.js';
import { getObject, kubeTime, putObject } from './kube-store.js';
import type { LabNode, World } from './types.js';

const YEAR_MS = 365 * 86_400_000;
const BACKDATE_MS = 5 * 60_000;

/** Talos leaves it off; the lab's own configuration turns it on. */
export const rotatesServing = ({ machine }: LabNode): boolean =>
  machine.config?.settings?.rotatesServing ?? true;

/**
 * A kubelet whose directory of certificates is empty, because EPHEMERAL is new, asks for what it lacks. Its client
 * certificate is approved by itself: Talos binds the roles for that (k8stemplates/csr.go).
 */
export function requestCertificates(world: World, node: LabNode): void {
  const kept = node.machine.systemDisk?.kubeletCertificates;
  if (kept === undefined) return;
  if (!kept.has('client')) {
    bootstrapClient(world, node);
    kept.add('client');
  }
  if (rotatesServing(node) && !kept.has('serving') && node.servingRequest === null) {
    requestServing(world, node);
  }
}

function bootstrapClient(world: World, node: LabNode): void {
  const claim = kubeletClaim(node);
  const token = node.machine.config?.settings?.bootstrapTokenId ?? '';
  const name = postRequest(world, {
    ...claim,
    signerName: CLIENT_SIGNER,
    username: `system:bootstrap:${token}`,
    groups: ['system:bootstrappers', 'system:bootstrappers:nodes', 'system:authenticated'],
    usages: ['digital signature', 'client auth'],
    content: { ...claim.content, dnsNames: [], ipAddresses: [] },
  });
  const csr = getObject(world, CSRS, name);
  if (csr === undefined) return;
  const nowMs = world.clock.now();
  const { request } = csr.spec as { readonly request: string };
  const pem = Buffer.from(request, 'base64').toString();
  const certificate = world.pki.signKubeletClient(pem, nowMs - BACKDATE_MS, nowMs + YEAR_MS);
  putObject(world, CSRS, {
    ...csr,
    status: {
      conditions: [
        {
          type: 'Approved',
          status: 'True',
          reason: 'AutoApproved',
          message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
          lastUpdateTime: kubeTime(nowMs),
          lastTransitionTime: kubeTime(nowMs),
        },
      ],
      certificate: Buffer.from(certificate).toString('base64'),
    },
  });
}
