import type { Document } from '../../world/talos-settings.js';
import {
  at,
  byKind,
  isAddress,
  isPrefixOrAddress,
  isSet,
  listAt,
  textAt,
  textsAt,
} from './reading.js';

/** kubelet.ProtectedConfigurationFields */
const PROTECTED_KUBELET_FIELDS = [
  'apiVersion',
  'authentication',
  'authorization',
  'cgroupRoot',
  'kind',
  'kubeletCgroups',
  'port',
  'protectKernelDefaults',
  'resolvConf',
  'rotateCertificates',
  'systemCgroups',
  'staticPodPath',
  'seccompDefault',
];

const EXCLUSIVE = 'config sections are mutually exclusive';

export interface MainCheck {
  readonly main: Document;
  readonly documents: readonly Document[];
  readonly isInstalled: boolean;
  readonly minor: number;
}

/** talos@1.12 v1alpha1_validation.go: the rules that a configuration of ours, or one a person types, can break. */
export function mainErrors(check: MainCheck): readonly string[] {
  const { main } = check;
  if (!isSet(main.machine)) return ['machine instructions are required'];
  const type = textAt(main, 'machine.type');
  return [
    ...clusterErrors(check, type === 'controlplane' || type === 'init'),
    ...installErrors(check),
    ...authorityErrors(main, type),
    ...networkErrors(main, type),
    ...kubeletErrors(main),
    ...(at(main, 'machine.features.kubernetesTalosAPIAccess.enabled') === true && type === 'worker'
      ? ['feature Kubernetes Talos API Access can only be enabled on control plane machines']
      : []),
    ...(main.persist === false ? ['.persist should be enabled'] : []),
  ];
}

function clusterErrors({ main, documents }: MainCheck, isControlPlane: boolean): readonly string[] {
  const cluster = main.cluster;
  if (!isSet(cluster)) return ['cluster instructions are required'];
  const endpoint = textAt(cluster, 'controlPlane.endpoint');
  // 1.14 has a document for it.
  const hasDocument = byKind(documents, 'KubeClusterConfig').length > 0;
  if (endpoint === '' && !hasDocument) return ['cluster controlplane endpoint is required'];
  const reason = endpoint === '' ? null : endpointError(endpoint);
  const domain = textAt(cluster, 'network.dnsDomain');
  return [
    ...(reason === null ? [] : [`invalid controlplane endpoint: ${reason}`]),
    ...(domain === '' || /^[a-z\d]([-a-z\d]*[a-z\d])?(\.[a-z\d]([-a-z\d]*[a-z\d])?)*$/i.test(domain)
      ? []
      : [`"${domain}" is not a valid DNS name`]),
    ...etcdErrors(cluster, isControlPlane),
    ...(!isControlPlane && textAt(cluster, 'ca.key') !== ''
      ? ['cluster CA key is not allowed on non-controlplane nodes (.cluster.ca)']
      : []),
    ...manifestErrors(cluster),
    ...discoveryErrors(cluster),
  ];
}

function endpointError(endpoint: string): string | null {
  const [, host = '', port] =
    /^[a-z][a-z\d+.-]*:\/\/([^/:]*|\[[^\]]*\])(?::([^/]*))?/i.exec(endpoint) ?? [];
  if (host === '') return 'hostname must not be blank';
  if (port === undefined || port === '') return null;
  if (!/^\d+$/.test(port)) return 'port number must be numeric';
  const isRight = Number(port) >= 1 && Number(port) <= 65_535;
  return isRight ? null : 'port number must be between 1 and 65535';
}

function etcdErrors(cluster: unknown, isControlPlane: boolean): readonly string[] {
  const etcd = at(cluster, 'etcd');
  if (!isSet(etcd)) return [];
  if (!isControlPlane) return ['etcd config is only allowed on control plane machines'];
  const wrong = (kind: string, subnets: readonly string[]): readonly string[] =>
    subnets
      .map((subnet) => subnet.replace(/^!/, ''))
      .filter((subnet) => !isPrefixOrAddress(subnet))
      .map((subnet) => `etcd ${kind} subnet is not valid: "${subnet}"`);
  return [
    ...(isSet(at(etcd, 'ca')) ? [] : ['key/cert combination should not be empty']),
    ...wrong('advertised', textsAt(etcd, 'advertisedSubnets')),
    ...wrong('listen', textsAt(etcd, 'listenSubnets')),
  ];
}

function manifestErrors(cluster: unknown): readonly string[] {
  const seen = new Set<string>();
  return listAt(cluster, 'inlineManifests').flatMap((manifest) => {
    const name = textAt(manifest, 'name');
    const errors = [
      ...(name.trim() === '' ? ["inline manifest name can't be empty"] : []),
      ...(seen.has(name) ? [`inline manifest name "${name}" is duplicate`] : []),
    ];
    seen.add(name);
    return errors;
  });
}

function discoveryErrors(cluster: unknown): readonly string[] {
  const usesService =
    at(cluster, 'discovery.enabled') === true &&
    at(cluster, 'discovery.registries.service.disabled') !== true;
  if (!usesService) return [];
  return [
    ...(textAt(cluster, 'id') === '' ? ['cluster discovery service requires .cluster.id'] : []),
    ...(textAt(cluster, 'secret') === ''
      ? ['cluster discovery service requires .cluster.secret']
      : []),
  ];
}

function installErrors({ main, documents, isInstalled, minor }: MainCheck): readonly string[] {
  if (isInstalled || byKind(documents, 'UnattendedInstallConfig').length > 0) return [];
  const install = at(main, 'machine.install');
  if (!isSet(install)) {
    return minor >= 14 ? [] : ['install instructions are required in "metal" mode'];
  }
  const hasDisk = textAt(install, 'disk') !== '' || isSet(at(install, 'diskSelector'));
  const hasBoth =
    textsAt(install, 'extraKernelArgs').length > 0 && at(install, 'grubUseUKICmdline') === true;
  return [
    ...(hasDisk ? [] : ['either install disk or diskSelector should be defined']),
    ...(hasBoth
      ? ["install.extraKernelArgs and install.grubUseUKICmdline can't be used together"]
      : []),
  ];
}

function authorityErrors(main: Document, type: string): readonly string[] {
  const ca = at(main, 'machine.ca');
  const hasAccepted = listAt(main, 'machine.acceptedCAs').length > 0;
  const none =
    isSet(ca) || hasAccepted
      ? []
      : ['issuing CA or some accepted CAs are required (.machine.ca, machine.acceptedCAs)'];
  switch (type) {
    case 'init':
    case 'controlplane':
      if (!isSet(ca)) return [...none, ...cniErrors(main), 'issuing CA is required (.machine.ca)'];
      return [
        ...cniErrors(main),
        ...(textAt(ca, 'key') === ''
          ? ['issuing CA key is required for controlplane nodes (.machine.ca.key)']
          : []),
      ];
    case 'worker':
    case 'join':
      return [...none, ...vipOnWorker(main), ...workerKeys(main, ca, hasAccepted)];
    default:
      return [...none, `unknown machine type "${type}"`];
  }
}

function workerKeys(main: Document, ca: unknown, hasAccepted: boolean): readonly string[] {
  return [
    ...(textAt(ca, 'key') === ''
      ? []
      : ['issuing Talos API CA key is not allowed on non-controlplane nodes (.machine.ca)']),
    ...(isSet(ca) && textAt(ca, 'crt') === '' && !hasAccepted
      ? [
          'trusted CA certificates are required on non-controlplane nodes (.machine.ca.crt, .machine.acceptedCAs)',
        ]
      : []),
    ...(textAt(main, 'cluster.ca.key') === ''
      ? []
      : ['issuing Kubernetes API CA key is not allowed on non-controlplane nodes (.cluster.ca)']),
  ];
}

function vipOnWorker(main: Document): readonly string[] {
  return listAt(main, 'machine.network.interfaces').flatMap((device) =>
    [device, ...listAt(device, 'vlans')]
      .filter((link) => isSet(at(link, 'vip')))
      .map(() => 'virtual (shared) IP is not allowed on non-controlplane nodes'),
  );
}

function cniErrors(main: Document): readonly string[] {
  const name = textAt(main, 'cluster.network.cni.name') || 'flannel';
  const hasUrls = textsAt(main, 'cluster.network.cni.urls').length > 0;
  if (!['flannel', 'custom', 'none'].includes(name)) {
    return ['cni name should be one of ["flannel", "custom", "none"]'];
  }
  return hasUrls && name !== 'custom' ? [`"urls" field should be empty for "${name}" CNI`] : [];
}

function networkErrors(main: Document, type: string): readonly string[] {
  return listAt(main, 'machine.network.interfaces').flatMap((device) => {
    const name = textAt(device, 'interface');
    const hasSelector = isSet(at(device, 'deviceSelector'));
    const sections = '[networking.os.device.interface], [networking.os.device.deviceSelector]';
    const vip = textAt(device, 'vip.ip');
    return [
      ...(name === '' && !hasSelector
        ? [`${sections}: required either config section to be set`]
        : []),
      ...(name !== '' && hasSelector ? [`${sections}: ${EXCLUSIVE}`] : []),
      ...textsAt(device, 'addresses')
        .filter((address) => !isPrefixOrAddress(address))
        .map((address) => `[networking.os.device.addresses] "${name}": ${addressError(address)}`),
      ...(isSet(at(device, 'vip')) && !isAddress(vip) && type !== 'worker'
        ? [`[networking.os.device.vip] failed to parse "${vip}" as IP address`]
        : []),
    ];
  });
}

const addressError = (address: string): string =>
  address.includes('/')
    ? `invalid CIDR address: ${address}`
    : `failed to parse IP address "${address}"`;

function kubeletErrors(main: Document): readonly string[] {
  const extra = Object.keys((at(main, 'machine.kubelet.extraConfig') ?? {}) as object);
  return [
    ...textsAt(main, 'machine.kubelet.nodeIP.validSubnets')
      .map((subnet) => subnet.replace(/^!/, ''))
      .filter((subnet) => !isPrefixOrAddress(subnet))
      .map((subnet) => `kubelet nodeIP subnet is not valid: "${subnet}"`),
    ...PROTECTED_KUBELET_FIELDS.filter((field) => extra.includes(field)).map(
      (field) => `kubelet configuration field "${field}" can't be overridden`,
    ),
  ];
}
