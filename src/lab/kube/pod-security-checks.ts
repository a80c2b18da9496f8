import { fieldAt, isJsonObject, textAt } from './api/object.js';

interface Container {
  readonly name: string;
  readonly value: unknown;
}

const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = fieldAt(value, path);
  return Array.isArray(found) ? found : [];
};

const containersOf = (spec: unknown): readonly Container[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((kind) =>
    listAt(spec, kind).map((value) => ({ name: textAt(value, 'name'), value })),
  );

/** `container "a"`, `containers "a", "b"` */
const named = (word: string, names: readonly string[]): string =>
  `${word}${names.length === 1 ? '' : 's'} ${names.map((name) => `"${name}"`).join(', ')}`;

type Check = (spec: unknown) => string | null;

const withContainers =
  (
    isBad: (container: unknown, spec: unknown) => boolean,
    say: (names: readonly string[]) => string,
  ): Check =>
  (spec) => {
    const bad = containersOf(spec).filter(({ value }) => isBad(value, spec));
    return bad.length === 0 ? null : say(bad.map(({ name }) => name));
  };

/** What containerd gives anyway. */
const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const added = (container: unknown): readonly string[] =>
  listAt(container, 'securityContext.capabilities.add').map(String);

const capabilities: Check = (spec) => {
  const bad = containersOf(spec)
    .map(({ name, value }) => ({
      name,
      extra: added(value).filter((each) => !DEFAULT_CAPABILITIES.includes(each)),
    }))
    .filter(({ extra }) => extra.length > 0);
  if (bad.length === 0) return null;
  const extra = [...new Set(bad.flatMap((each) => each.extra))].sort();
  const names = named(
    'container',
    bad.map(({ name }) => name),
  );
  const list = extra.map((each) => `"${each}"`).join(', ');
  return `non-default capabilities (${names} must not include ${list} in securityContext.capabilities.add)`;
};

const hostNamespaces: Check = (spec) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => fieldAt(spec, key) === true);
  return used.length === 0
    ? null
    : `host namespaces (${used.map((key) => `${key}=true`).join(', ')})`;
};

const hostPaths: Check = (spec) => {
  const bad = listAt(spec, 'volumes').filter((volume) => isJsonObject(fieldAt(volume, 'hostPath')));
  const names = bad.map((volume) => textAt(volume, 'name'));
  return names.length === 0 ? null : `hostPath volumes (${named('volume', names)})`;
};

const hostPorts: Check = (spec) => {
  const bad = containersOf(spec)
    .map(({ name, value }) => ({
      name,
      ports: listAt(value, 'ports')
        .map((port) => Number(fieldAt(port, 'hostPort') ?? 0))
        .filter((port) => port > 0),
    }))
    .filter(({ ports }) => ports.length > 0);
  if (bad.length === 0) return null;
  const ports = [...new Set(bad.flatMap((each) => each.ports))].sort((a, b) => a - b);
  const verb = bad.length === 1 ? 'uses' : 'use';
  return `hostPort (${named(
    'container',
    bad.map(({ name }) => name),
  )} ${verb} hostPort${ports.length === 1 ? '' : 's'} ${ports.join(', ')})`;
};

const privileged = withContainers(
  (container) => fieldAt(container, 'securityContext.privileged') === true,
  (names) =>
    `privileged (${named('container', names)} must not set securityContext.privileged=true)`,
);

const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];

const sysctls: Check = (spec) => {
  const bad = listAt(spec, 'securityContext.sysctls')
    .map((entry) => textAt(entry, 'name'))
    .filter((name) => !SAFE_SYSCTLS.includes(name));
  return bad.length === 0 ? null : `forbidden sysctls (${bad.join(', ')})`;
};

const escalation = withContainers(
  (container) => fieldAt(container, 'securityContext.allowPrivilegeEscalation') !== false,
  (names) =>
    `allowPrivilegeEscalation != false (${named('container', names)} must set securityContext.allowPrivilegeEscalation=false)`,
);

const dropped = withContainers(
  (container) =>
    !listAt(container, 'securityContext.capabilities.drop').includes('ALL') ||
    added(container).some((each) => each !== 'NET_BIND_SERVICE'),
  (names) =>
    `unrestricted capabilities (${named('container', names)} must set securityContext.capabilities.drop=["ALL"])`,
);

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const volumeTypes: Check = (spec) => {
  const bad = listAt(spec, 'volumes').flatMap((volume) => {
    const type = isJsonObject(volume)
      ? Object.keys(volume).find((key) => key !== 'name' && !VOLUMES.includes(key))
      : undefined;
    return type === undefined ? [] : [{ name: textAt(volume, 'name'), type }];
  });
  if (bad.length === 0) return null;
  const types = [...new Set(bad.map(({ type }) => type))].sort();
  const verb = bad.length === 1 ? 'uses' : 'use';
  const list = types.map((type) => `"${type}"`).join(', ');
  return `restricted volume types (${named(
    'volume',
    bad.map(({ name }) => name),
  )} ${verb} restricted volume type${types.length === 1 ? '' : 's'} ${list})`;
};

/** Said by the container, or by the pod for all of them. */
const effective = (container: unknown, spec: unknown, key: string): unknown =>
  fieldAt(container, `securityContext.${key}`) ?? fieldAt(spec, `securityContext.${key}`);

const nonRoot = withContainers(
  (container, spec) => effective(container, spec, 'runAsNonRoot') !== true,
  (names) =>
    `runAsNonRoot != true (pod or ${named('container', names)} must set securityContext.runAsNonRoot=true)`,
);

const rootUser = withContainers(
  (container) => fieldAt(container, 'securityContext.runAsUser') === 0,
  (names) => `runAsUser=0 (${named('container', names)} must not set runAsUser=0)`,
);

const seccomp = withContainers(
  (container, spec) =>
    !['RuntimeDefault', 'Localhost'].includes(
      String(effective(container, spec, 'seccompProfile.type') ?? ''),
    ),
  (names) =>
    `seccompProfile (pod or ${named('container', names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
);

/** k8s.io/pod-security-admission: in the order of the ids of its checks. */
const BASELINE: readonly Check[] = [
  capabilities,
  hostNamespaces,
  hostPaths,
  hostPorts,
  privileged,
  sysctls,
];
const RESTRICTED: readonly Check[] = [escalation, dropped, volumeTypes, nonRoot, rootUser, seccomp];

const run = (checks: readonly Check[], spec: unknown): readonly string[] =>
  checks.map((check) => check(spec)).filter((problem) => problem !== null);

export const baselineProblems = (spec: unknown): readonly string[] => run(BASELINE, spec);

/** The stricter check of capabilities takes the place of the other one. */
export const restrictedProblems = (spec: unknown): readonly string[] => [
  ...run(
    BASELINE.filter((check) => check !== capabilities),
    spec,
  ),
  ...run(RESTRICTED, spec),
];
