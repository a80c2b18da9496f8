import { formatCount } from '../../model/format.js';
import type { StoreHealth } from '../../model/inspection.js';
import { freshValue } from '../../model/reading.js';
import { unreachable } from '../../model/unreachable.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  whenFresh,
} from './judge.js';

/** G-STORE: no storage or database in the cluster is degraded, or has its last copy on the node. */
export function storesGate({ facts }: PlanContext, target: NodeTarget | null): Gate {
  const { kube } = facts.inspection;
  const count = freshValue(kube)?.stores.length ?? 0;
  return judge(
    {
      id: 'G-STORE',
      title: 'Storage and databases in the cluster are whole',
      remedy: 'Wait until it has rebuilt its copies, or repair it.',
      override: 'type',
    },
    whenFresh('the state of storage and databases', kube, ({ stores }) =>
      together(stores.map((store) => storeObjections(store, target))),
    ),
    count === 0
      ? 'none found'
      : `${formatCount(count, 'volume or cluster', 'volumes and clusters')} whole`,
  );
}

function storeObjections(store: StoreHealth, target: NodeTarget | null): Objections {
  const name = `${kindText(store.kind)} ${store.namespace}/${store.name}`;
  if (store.isHealthy === null) return unknown(`${name} does not say how it is: ${store.text}`);
  if (!store.isHealthy) return red(`${name}: ${store.text}`);
  const [only, ...others] = store.copiesOn;
  return target !== null && only === target.name && others.length === 0
    ? red(`${name} has its only healthy copy on ${target.name}`)
    : NO_OBJECTIONS;
}

function kindText(kind: StoreHealth['kind']): string {
  switch (kind) {
    case 'longhorn':
      return 'Longhorn volume';
    case 'ceph':
      return 'Ceph cluster';
    case 'cnpg':
      return 'PostgreSQL cluster';
    case 'scylla':
      return 'ScyllaDB cluster';
    case 'rabbitmq':
      return 'RabbitMQ cluster';
    case 'other':
      return 'store';
    default:
      return unreachable(kind);
  }
}
