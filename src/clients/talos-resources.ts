import { isIP } from 'node:net';
import { z } from 'zod';
import { ClientError } from '../model/errors.js';
import {
  asIpAddress,
  asMacAddress,
  asNodeName,
  asSmbiosUuid,
  type NodeName,
  type SmbiosUuid,
} from '../model/ids.js';
import type {
  MachineStage,
  MachineStatus,
  MachineType,
  TalosAddress,
  TalosImage,
  TalosLink,
  TalosMember,
  VipOperator,
} from '../model/talos.js';
import type { CosiKind, CosiResource } from './types.js';

/** What we watch; namespaces have not changed from Talos 1.9 to main. */
export const TALOS_KINDS = {
  machineStatus: { namespace: 'runtime', type: 'MachineStatuses.runtime.talos.dev' },
  machineType: { namespace: 'config', type: 'MachineTypes.config.talos.dev' },
  hostname: { namespace: 'network', type: 'HostnameStatuses.net.talos.dev' },
  nodeName: { namespace: 'k8s', type: 'Nodenames.kubernetes.talos.dev' },
  systemInformation: { namespace: 'hardware', type: 'SystemInformations.hardware.talos.dev' },
  addresses: { namespace: 'network', type: 'AddressStatuses.net.talos.dev' },
  links: { namespace: 'network', type: 'LinkStatuses.net.talos.dev' },
  /** Sensitive: os:admin only. */
  operators: { namespace: 'network', type: 'OperatorSpecs.net.talos.dev' },
  extensions: { namespace: 'runtime', type: 'ExtensionStatuses.runtime.talos.dev' },
  members: { namespace: 'cluster', type: 'Members.cluster.talos.dev' },
} as const satisfies Readonly<Record<string, CosiKind>>;

/** Every key may be missing on older nodes (talos@1.9 … main differ in keys, never in their meaning). */
const text = z.string().nullish();
const flag = z.boolean().nullish();
const ip = z.string().refine((value) => isIP(value) !== 0, 'is no IP address');
/** `10.0.0.11/24`; an unset one is the empty text. */
const cidr = z.string().regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'is no address with a prefix length');

const STAGES: readonly string[] = [
  'booting',
  'installing',
  'maintenance',
  'running',
  'rebooting',
  'shutting down',
  'resetting',
  'upgrading',
] satisfies readonly MachineStage[];

const MACHINE_TYPES: readonly string[] = [
  'controlplane',
  'worker',
  'init',
] satisfies readonly MachineType[];

const machineStatus = z.object({
  stage: text,
  status: z
    .object({
      ready: flag,
      unmetConditions: z.array(z.object({ name: text, reason: text })).nullish(),
    })
    .nullish(),
});

/** Nothing there, or no word about readiness, is not ready: a node that starts has no status yet. */
export function machineStatusOf(items: readonly CosiResource[], node: string): MachineStatus {
  const status = only(items, node, machineStatus);
  return {
    stage: asStage(status?.stage),
    ready: status?.status?.ready ?? false,
    unmetConditions: (status?.status?.unmetConditions ?? []).map(({ name, reason }) => ({
      name: name ?? '',
      reason: reason ?? '',
    })),
  };
}

export function machineTypeOf(items: readonly CosiResource[], node: string): MachineType {
  return asMachineType(only(items, node, z.string().nullish()));
}

/** Empty while the node has not set its name. */
export function hostnameOf(items: readonly CosiResource[], node: string): string {
  return only(items, node, z.object({ hostname: text }))?.hostname ?? '';
}

/** Null until the node knows its Kubernetes name. */
export function nodeNameOf(items: readonly CosiResource[], node: string): NodeName | null {
  const name = only(items, node, z.object({ nodename: text }))?.nodename;
  return name ? asNodeName(name) : null;
}

export function smbiosUuidOf(items: readonly CosiResource[], node: string): SmbiosUuid | null {
  const uuid = only(items, node, z.object({ uuid: text }))?.uuid;
  return uuid ? asSmbiosUuid(uuid) : null;
}

const addressStatus = z.object({ address: cidr, linkName: text });

export function addressesOf(items: readonly CosiResource[], node: string): readonly TalosAddress[] {
  return items.map((item) => {
    const { address, linkName } = parse(item, node, addressStatus);
    const [host = '', prefix = ''] = address.split('/');
    return {
      address: inside(item, node, () => asIpAddress(host)),
      prefixLength: Number(prefix),
      linkName: linkName ?? '',
    };
  });
}

const linkStatus = z.object({
  type: text,
  kind: text,
  hardwareAddr: text,
  operationalState: text,
});

/** A NIC of the machine is an ether link without a kind (talos@main: LinkStatusSpec.Physical). */
export function linksOf(items: readonly CosiResource[], node: string): readonly TalosLink[] {
  return items.map((item) => {
    const { type, kind, hardwareAddr, operationalState } = parse(item, node, linkStatus);
    return {
      name: item.id,
      kind: kind ?? '',
      hardwareAddress: hardwareAddr ? asMacAddress(hardwareAddr) : null,
      operationalState: operationalState ?? 'unknown',
      isPhysical: type === 'ether' && (kind ?? '') === '',
    };
  });
}

const operatorSpec = z.object({
  operator: text,
  linkName: text,
  vip: z.object({ ip: text }).nullish(),
});

export function vipOperatorsOf(
  items: readonly CosiResource[],
  node: string,
): readonly VipOperator[] {
  return items.flatMap((item) => {
    const { operator, linkName, vip } = parse(item, node, operatorSpec);
    if (operator !== 'vip' || !vip?.ip) return [];
    const address = vip.ip;
    return [{ ip: inside(item, node, () => asIpAddress(address)), linkName: linkName ?? '' }];
  });
}

const extensionStatus = z.object({
  metadata: z.object({ name: z.string(), version: text }),
});

/** Layers that are no extension: the factory's mark and the module index (talos@main: extensions/inject). */
const SCHEMATIC_LAYER = 'schematic';
const MODULE_INDEX_LAYER = 'modules.dep';

export function imageOf(items: readonly CosiResource[], node: string): TalosImage {
  const layers = items.map((item) => parse(item, node, extensionStatus).metadata);
  return {
    extensions: layers
      .filter(({ name }) => name !== SCHEMATIC_LAYER && name !== MODULE_INDEX_LAYER)
      .map(({ name, version }) => ({ name, version: version ?? '' })),
    schematic: layers.find(({ name }) => name === SCHEMATIC_LAYER)?.version ?? null,
  };
}

const member = z.object({
  nodeId: text,
  addresses: z.array(ip).nullish(),
  hostname: text,
  machineType: text,
  operatingSystem: text,
});

export function membersOf(items: readonly CosiResource[], node: string): readonly TalosMember[] {
  return items.map((item) => {
    const { nodeId, addresses, hostname, machineType, operatingSystem } = parse(item, node, member);
    return {
      nodeId: nodeId ?? '',
      hostname: hostname ?? item.id,
      addresses: (addresses ?? []).map(asIpAddress),
      machineType: asMachineType(machineType),
      operatingSystem: operatingSystem ?? '',
    };
  });
}

function asStage(stage: string | null | undefined): MachineStage {
  return stage && STAGES.includes(stage) ? (stage as MachineStage) : 'unknown';
}

function asMachineType(type: string | null | undefined): MachineType {
  return type && MACHINE_TYPES.includes(type) ? (type as MachineType) : 'unknown';
}

/** Of a type with one resource per node. */
function only<T>(
  items: readonly CosiResource[],
  node: string,
  schema: z.ZodType<T>,
): T | undefined {
  const [item] = items;
  return item === undefined ? undefined : parse(item, node, schema);
}

function parse<T>(item: CosiResource, node: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(item.spec);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(item, node, `${issue?.path.join('.') || 'spec'}: ${issue?.message}`);
}

function inside<T>(item: CosiResource, node: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw malformed(item, node, cause instanceof Error ? cause.message : String(cause));
  }
}

function malformed(item: CosiResource, node: string, reason: string): ClientError {
  return new ClientError(
    'malformed',
    `${node} sent a ${item.type} "${item.id}" that cannot be read: ${reason}`,
    'Check whether this Talos version is newer than talos-tui knows.',
  );
}
