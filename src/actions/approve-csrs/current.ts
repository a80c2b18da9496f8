import type { KubeClient } from '../../clients/types.js';
import { assessCsr, type CsrAssessment, csrContext } from '../../model/csr-rules.js';
import { ClientError } from '../../model/errors.js';
import type { Csr } from '../../model/kubernetes.js';
import { mapReading } from '../../model/reading.js';
import type { StepContext } from '../types.js';
import { asObject, csrPath, identityOf, type RawObject } from './approval.js';

/** What the operator saw of one request. */
export interface ShownCsr {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
}

function kubeOf({ kube }: StepContext): KubeClient {
  if (kube !== null) return kube;
  throw new ClientError(
    'configuration',
    'There is no connection to Kubernetes.',
    'Set KUBECONFIG or name the file in the settings of the cluster.',
  );
}

/** @throws ClientError kind `conflict` when another request took the name */
export async function currentCsr({ name, uid }: ShownCsr, context: StepContext): Promise<Csr> {
  const csr = await kubeOf(context).csr(name, context.signal);
  if (csr.uid === uid) return csr;
  throw new ClientError(
    'conflict',
    `${name} is another request than the one that was confirmed.`,
    'Look at the requests again and choose anew.',
  );
}

/** The raw object of exactly the version that was read; null when it has changed in between. */
export async function sameObject(csr: Csr, context: StepContext): Promise<RawObject | null> {
  const raw = asObject(await kubeOf(context).raw(csrPath(csr.name), context.signal), 'content');
  const { uid, resourceVersion } = identityOf(raw);
  return uid === csr.uid && resourceVersion === csr.resourceVersion ? raw : null;
}

/** By the newest readings, with the request itself as it was read just now. */
export function assessNow(csr: Csr, context: StepContext): CsrAssessment {
  const snapshot = context.snapshot();
  const csrs = mapReading(snapshot.csrs, (all) => [
    ...all.filter(({ name }) => name !== csr.name),
    csr,
  ]);
  return assessCsr(csr, csrContext({ ...snapshot, csrs }, context.clock.now()));
}
