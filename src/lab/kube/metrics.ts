import { qualifiedName, servedTypes } from './api/registry.js';
import { type ApiServer, type Reply, text } from './server-context.js';

/** `GET /metrics`: of all that a real one tells, how many objects fill etcd. */
export function metrics({ world, cache }: ApiServer): Reply {
  const counts = servedTypes(world)
    .filter(({ storedAs }) => storedAs !== null)
    .map(
      (type) =>
        `apiserver_storage_objects{resource="${qualifiedName(type)}"} ${cache.list(type).length}`,
    );
  const lines = [
    '# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    '# TYPE apiserver_storage_objects gauge',
    ...[...new Set(counts)].sort(),
  ];
  return text(200, `${lines.join('\n')}\n`);
}
