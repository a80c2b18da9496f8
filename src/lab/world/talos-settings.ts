import { touchNode } from './node.js';
import type { NodeSettings, VipLink } from './talos-types.js';
import type { LabNode, World } from './types.js';
import { settleVip } from './vip.js';

/** A YAML document as it was read. */
export type Document = Readonly<Record<string, unknown>>;

const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Document)[key] : undefined,
      value,
    );

const text = (value: unknown, path: string, fallback = ''): string => {
  const found = at(value, path);
  return typeof found === 'string' ? found : fallback;
};

const list = (value: unknown, path: string): readonly unknown[] => {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
};

const tagOf = (image: string): string => /:(v[\d.]+[\w.-]*)$/.exec(image)?.[1] ?? '';

const byKind = (documents: readonly Document[], kind: string): readonly Document[] =>
  documents.filter((document) => document.kind === kind);

/** The essence of a configuration that has passed its checks. */
export function settingsOf(documents: readonly Document[]): NodeSettings {
  const main = documents.find((document) => document.machine !== undefined) ?? {};
  const [kube] = byKind(documents, 'KubeClusterConfig');
  const [discovery] = byKind(documents, 'DiscoveryIdentityConfig');
  const volume = byKind(documents, 'VolumeConfig').find(({ name }) => name === 'EPHEMERAL');
  const role = text(main, 'machine.type') === 'worker' ? 'worker' : 'controlplane';
  const grow = at(volume, 'provisioning.grow');
  return {
    role,
    hostname: hostnameOf(main, documents),
    clusterName: text(kube, 'clusterName') || text(main, 'cluster.clusterName'),
    clusterId: text(discovery, 'clusterID') || text(main, 'cluster.id'),
    endpoint: text(kube, 'endpoint') || text(main, 'cluster.controlPlane.endpoint'),
    ...installOf(main, documents),
    vips: role === 'controlplane' ? vipsOf(main, documents) : [],
    versions: versionsOf(main, documents),
    talosCa: { crt: text(main, 'machine.ca.crt'), key: text(main, 'machine.ca.key') },
    kubeCa: kubeCaOf(main, documents),
    cni: cniOf(main, documents),
    growsEphemeral: grow !== false,
    ephemeralMaxBytes: bytesOf(at(volume, 'provisioning.maxSize')),
    rotatesServing: rotatesServing(main, documents),
    bootstrapTokenId: text(main, 'cluster.token').split('.')[0] ?? '',
    extensionConfigs: byKind(documents, 'ExtensionServiceConfig').map((each) => text(each, 'name')),
  };
}

/** As a flag of the kubelet or in its configuration. */
function rotatesServing(main: Document, documents: readonly Document[]): boolean {
  const [kubelet] = byKind(documents, 'KubeletConfig');
  const flags = [at(kubelet, 'extraArgs'), at(main, 'machine.kubelet.extraArgs')];
  const files = [at(kubelet, 'config'), at(main, 'machine.kubelet.extraConfig')];
  return (
    flags.some((each) => [at(each, 'rotate-server-certificates')].flat().at(-1) === 'true') ||
    files.some((each) => at(each, 'serverTLSBootstrap') === true)
  );
}

/** 1.14 has documents for what was a part of the main one. */
function versionsOf(main: Document, documents: readonly Document[]): NodeSettings['versions'] {
  const version = (kind: string, path: string): string => {
    const [document] = byKind(documents, kind);
    return tagOf(text(document, 'image') || text(main, path));
  };
  return {
    kubelet: version('KubeletConfig', 'machine.kubelet.image'),
    apiServer: version('KubeAPIServerConfig', 'cluster.apiServer.image'),
    controllerManager: version('KubeControllerManagerConfig', 'cluster.controllerManager.image'),
    scheduler: version('KubeSchedulerConfig', 'cluster.scheduler.image'),
  };
}

/** 1.14: whoever wants flannel has a document that says so. */
function cniOf(main: Document, documents: readonly Document[]): string {
  const isOld = byKind(documents, 'KubeClusterConfig').length === 0;
  const isWanted = isOld || byKind(documents, 'KubeFlannelCNIConfig').length > 0;
  return text(main, 'cluster.network.cni.name', isWanted ? 'flannel' : 'none');
}

function kubeCaOf(main: Document, documents: readonly Document[]): NodeSettings['kubeCa'] {
  const [document] = byKind(documents, 'KubeAPIServerCAConfig');
  if (document === undefined) {
    return { crt: text(main, 'cluster.ca.crt'), key: text(main, 'cluster.ca.key') };
  }
  const base64 = (path: string): string => Buffer.from(text(document, path)).toString('base64');
  return { crt: base64('issuingCA.cert'), key: base64('issuingCA.key') };
}

function hostnameOf(main: Document, documents: readonly Document[]): string | null {
  const [document] = byKind(documents, 'HostnameConfig');
  const name = text(document, 'hostname') || text(main, 'machine.network.hostname');
  return name === '' ? null : name;
}

function installOf(main: Document, documents: readonly Document[]) {
  // 1.14 writes a document of its own; machine.install is honoured as before.
  const [unattended] = byKind(documents, 'UnattendedInstallConfig');
  const match = text(unattended, 'provisioning.diskSelector.match');
  const selected = /disk\.dev_path == "([^"]+)"/.exec(match)?.[1];
  return {
    installDisk: selected ?? text(main, 'machine.install.disk', '/dev/sda'),
    installImage: text(unattended, 'installer.image') || text(main, 'machine.install.image'),
  };
}

function vipsOf(main: Document, documents: readonly Document[]): NodeSettings['vips'] {
  const legacy = list(main, 'machine.network.interfaces').flatMap((entry) => {
    const name = text(entry, 'interface');
    const link: VipLink = name === '' ? { kind: 'selector' } : { kind: 'name', name };
    const vlans = list(entry, 'vlans').map((vlan) => text(vlan, 'vip.ip'));
    return [text(entry, 'vip.ip'), ...vlans]
      .filter((address) => address !== '')
      .map((address) => ({ address, link }));
  });
  const aliases = new Set(byKind(documents, 'LinkAliasConfig').map((each) => text(each, 'name')));
  const modern = byKind(documents, 'Layer2VIPConfig').map((document) => {
    const name = text(document, 'link');
    const link: VipLink = aliases.has(name) ? { kind: 'selector' } : { kind: 'name', name };
    return { address: text(document, 'name'), link };
  });
  return [...legacy, ...modern];
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
};

function bytesOf(size: unknown): number | null {
  if (typeof size === 'number') return size;
  const match = /^([\d.]+)\s*([a-z]*)$/i.exec(typeof size === 'string' ? size : '');
  const unit = UNITS[(match?.[2] ?? '').toUpperCase()];
  return match === null || unit === undefined ? null : Math.floor(Number(match[1]) * unit);
}

/** What the running configuration says about virtual addresses; the lab's own names the first NIC. */
export function vipsConfigured(world: World, node: LabNode): NodeSettings['vips'] {
  if (node.role !== 'controlplane' || node.machine.config === null) return [];
  const { settings } = node.machine.config;
  if (settings !== null) return settings.vips;
  return [{ address: world.vip.address, link: { kind: 'name', name: world.facts.linkName } }];
}

/** talos.md §5.5: an operator whose link does not exist is silently not there. */
export const hasVipLink = (world: World, node: LabNode): boolean =>
  vipsConfigured(world, node).some(
    ({ address, link }) =>
      address === world.vip.address &&
      (link.kind === 'selector' || linkNamesOf(node).includes(link.name)),
  );

/** A link's name and what else the kernel calls it. */
export const linkNamesOf = (node: LabNode): readonly string[] => [
  node.machine.linkName,
  `enx${node.mac.replaceAll(':', '')}`,
];

/** The configuration takes effect as far as it can without a boot. */
export function applySettings(world: World, node: LabNode, settings: NodeSettings): void {
  node.role = settings.role;
  if (settings.hostname !== null) renameNode(world, node, settings.hostname);
  touchNode(world, node);
  settleVip(world);
}

/** Everything that knew the machine by its old name learns the new one. */
export function renameNode(world: World, node: LabNode, hostname: string): void {
  const old = node.hostname;
  if (old === hostname || world.nodes.has(hostname)) return;
  const others = [...world.nodes.entries()].map(
    ([name, each]) => [name === old ? hostname : name, each] as const,
  );
  world.nodes.clear();
  for (const [name, each] of others) world.nodes.set(name, each);
  node.hostname = hostname;
  if (world.vip.holder === old) world.vip.holder = hostname;
  world.touch(`node:${old}`, `node:${hostname}`, `talos:${hostname}`);
}
