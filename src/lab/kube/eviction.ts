import { putObject } from '../world/kube-store.js';
import type { KubeObject } from '../world/types.js';
import { fieldAt, isJsonObject, textAt } from './api/object.js';
import { knownType } from './api/registry.js';
import { objectSelector } from './api/selectors.js';
import { ApiError, internalError, successStatus } from './api/status.js';
import { terminatePod } from './deletes.js';
import { type ApiRequest, type ApiServer, json, type Reply } from './server-context.js';
import { isDryRun } from './writes.js';

/**
 * POST …/pods/P/eviction: 201, or 429 without Retry-After, because with it clients would retry in silence.
 * @throws ApiError 429, 500
 */
export function evict(
  server: ApiServer,
  request: ApiRequest,
  body: unknown,
  pod: KubeObject,
): Reply {
  const budgets = server.cache
    .list(knownType('poddisruptionbudgets'))
    .filter(
      (pdb) =>
        pdb.metadata.namespace === pod.metadata.namespace &&
        objectSelector(fieldAt(pdb, 'spec.selector'))(pod),
    );
  if (budgets.length > 1) {
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const [budget] = budgets;
  const isFinished = ['Succeeded', 'Failed'].includes(textAt(pod, 'status.phase'));
  if (budget !== undefined && !isFinished && allowed(budget) <= 0) throw blockedBy(budget);
  if (!isDryRun(request) && !Array.isArray(fieldAt(body, 'deleteOptions.dryRun'))) {
    if (budget !== undefined && !isFinished) spend(server, budget);
    terminatePod(server, pod);
  }
  return json(201, successStatus(201));
}

/** The API server takes the disruption itself: the controller that counts pods comes too late for a second one. */
function spend({ world }: ApiServer, budget: KubeObject): void {
  const status = fieldAt(budget, 'status');
  const disruptionsAllowed = allowed(budget) - 1;
  putObject(world, 'poddisruptionbudgets', {
    ...budget,
    status: { ...(isJsonObject(status) ? status : {}), disruptionsAllowed },
  });
}

function allowed(budget: KubeObject): number {
  const count = fieldAt(budget, 'status.disruptionsAllowed');
  return typeof count === 'number' ? count : 0;
}

const blockedBy = (budget: KubeObject): ApiError =>
  new ApiError(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${fieldAt(budget, 'status.desiredHealthy')} healthy pods and has ${fieldAt(budget, 'status.currentHealthy')} currently`,
        },
      ],
    },
  );
