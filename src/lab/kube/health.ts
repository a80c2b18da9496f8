import { type ApiServer, isEtcdReachable, type Reply, text } from './server-context.js';

/** Checks of kube-apiserver 1.35 in their order; the etcd ones can fail here. */
const CHECKS = [
  'ping',
  'log',
  'etcd',
  'etcd-readiness',
  'informer-sync',
  ...[
    'start-apiserver-admission-initializer',
    'generic-apiserver-start-informers',
    'priority-and-fairness-config-consumer',
    'priority-and-fairness-filter',
    'storage-object-count-tracker-hook',
    'start-apiextensions-informers',
    'start-apiextensions-controllers',
    'crd-informer-synced',
    'start-system-namespaces-controller',
    'start-cluster-authentication-info-controller',
    'start-kube-apiserver-identity-lease-controller',
    'start-kube-apiserver-identity-lease-garbage-collector',
    'start-legacy-token-tracking-controller',
    'start-service-ip-repair-controllers',
    'rbac/bootstrap-roles',
    'scheduling/bootstrap-system-priority-classes',
    'priority-and-fairness-config-producer',
    'bootstrap-controller',
    'start-kubernetes-service-cidr-controller',
    'aggregator-reload-proxy-client-cert',
    'start-kube-aggregator-informers',
    'apiservice-status-local-available-controller',
    'apiservice-status-remote-available-controller',
    'apiservice-registration-controller',
    'apiservice-discovery-controller',
    'kube-apiserver-autoregistration',
  ].map((hook) => `poststarthook/${hook}`),
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
  'shutdown',
];
const READYZ_ONLY = ['etcd-readiness', 'informer-sync', 'shutdown'];
const ETCD_CHECKS = ['etcd', 'etcd-readiness'];

const HEALTH_PATH = /^\/(livez|readyz|healthz)(?:\/(.+))?$/;

/** @returns null when the path asks for something else. */
export function health(server: ApiServer, path: string, query: URLSearchParams): Reply | null {
  const [, endpoint, check] = HEALTH_PATH.exec(path) ?? [];
  if (endpoint === undefined) return null;
  const checks = CHECKS.filter((name) => endpoint === 'readyz' || !READYZ_ONLY.includes(name));
  const isFailing = (name: string) => ETCD_CHECKS.includes(name) && !isEtcdReachable(server);
  if (check !== undefined) {
    if (!checks.includes(check)) return text(404, '404 page not found\n');
    return isFailing(check)
      ? text(500, `internal server error: ${check} failed: reason withheld\n`)
      : text(200, 'ok');
  }
  const excluded = query.getAll('exclude');
  const isHealthy = checks.every((name) => excluded.includes(name) || !isFailing(name));
  if (isHealthy && !query.has('verbose')) return text(200, 'ok');
  const lines = checks.map((name) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok`;
    return isFailing(name) ? `[-]${name} failed: reason withheld` : `[+]${name} ok`;
  });
  return isHealthy
    ? text(200, `${lines.join('\n')}\n${endpoint} check passed\n`)
    : text(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
}

/** Kubernetes 1.35.0 as it prints itself. */
export function serverVersion(gitVersion: string): unknown {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)\./.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: '66452049f3d692768c39c797b21b793dce80314e',
    gitTreeState: 'clean',
    buildDate: '2025-12-17T12:32:01Z',
    goVersion: 'go1.25.5',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
