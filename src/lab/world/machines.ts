import { followKubelet } from './kubelet.js';
import { leaseFor } from './lan.js';
import { powerGone } from './life.js';
import { createNode } from './node.js';
import { linkNameFor, type TalosImage } from './talos-image.js';
import { blankMachine } from './talos-seed.js';
import type { LabNode, LabVm, World } from './types.js';
import { nodeOfVm } from './vm.js';

const MAC = /(?:^|[=,])((?:[0-9a-f]{2}:){5}[0-9a-f]{2})/i;

/** Of its first network device, in lower case; null = it has none. */
export const macOf = ({ config }: Pick<LabVm, 'config'>): string | null =>
  MAC.exec(String(config.net0 ?? ''))?.[1]?.toLowerCase() ?? null;

const uuidOf = ({ config }: LabVm): string | undefined =>
  /uuid=([0-9a-f-]{36})/i.exec(String(config.smbios1 ?? ''))?.[1]?.toLowerCase();

/** talos: what a machine is called that nobody has named, from its identity. */
const strangerName = (identity: string): string => {
  const letters = identity.toLowerCase().replaceAll(/[^a-z0-9]/g, '0');
  return `talos-${letters.slice(0, 3)}-${letters.slice(3, 6)}`;
};

/** A new guest is a machine that knows nothing; its address is reserved as soon as its network device exists. */
export function createMachine(world: World, vm: LabVm): LabNode | null {
  const mac = macOf(vm);
  const address = mac === null ? null : leaseFor(world, mac);
  if (mac === null || address === null) return null;
  const imported = vm.disks.find(({ image }) => image !== undefined && image !== null);
  const image = imported?.image ?? bareImage(world);
  const index = Math.max(-1, ...[...world.nodes.values()].map((node) => node.index)) + 1;
  const plan = {
    hostname: `talos-${vm.vmId}`,
    role: 'worker' as const,
    address,
    vmId: vm.vmId,
    mac,
    index,
    pveNode: vm.pveNode,
  };
  const { seed } = world.facts;
  const draft = createNode(plan, image, world.random, world.clock.now(), seed);
  const node: LabNode = {
    ...draft,
    hostname: strangerName(draft.identity),
    smbiosUuid: uuidOf(vm) ?? draft.smbiosUuid,
    isUp: false,
    stage: 'booting',
    isReady: false,
    services: new Map(),
    machine: { ...blankMachine(linkNameFor(image)), ...installed(vm, image) },
    isKubeletUp: false,
    areStaticPodsUp: false,
  };
  world.nodes.set(node.hostname, node);
  followKubelet(world, node);
  world.touch('pve', `node:${node.hostname}`);
  return node;
}

/** A disk that was imported carries a system without a configuration: it boots into maintenance mode. */
function installed(vm: LabVm, image: TalosImage): Pick<LabNode['machine'], 'systemDisk'> {
  const disk = vm.disks.find((each) => each.image !== undefined && each.image !== null);
  if (disk === undefined) return { systemDisk: null };
  return {
    systemDisk: {
      slot: disk.slot,
      bootloader: vm.config.bios === 'ovmf' ? 'sd-boot' : 'grub',
      entries: { A: image, B: null },
      next: 'A',
      fallback: null,
      config: null,
      ephemeralBytes: null,
      hasEtcdData: false,
      kubeletCertificates: new Set(),
      meta: new Map(),
    },
  };
}

const bareImage = ({ facts }: World): TalosImage => ({
  talosVersion: facts.talosVersion,
  schematic: null,
  extensions: [],
  platform: 'metal',
  isSecureBoot: false,
  kernelArgs: [],
});

/** Its disks are gone, and with them everything that it knew. Its member and its node object stay until removed. */
export function destroyMachine(world: World, vmId: number): void {
  const node = nodeOfVm(world, vmId);
  if (node === undefined) return;
  powerGone(world, node);
  world.nodes.delete(node.hostname);
  world.touch(`node:${node.hostname}`, 'vip', 'etcd');
}

/** The next lease has another address; whoever was connected has to come again. */
export function moveMachine(world: World, node: LabNode, address: string): void {
  const all = [...world.nodes.entries()];
  world.nodes.delete(node.hostname);
  world.touch(`node:${node.hostname}`);
  node.address = address;
  world.nodes.clear();
  for (const [hostname, each] of all) world.nodes.set(hostname, each);
  world.touch(`node:${node.hostname}`, `talos:${node.hostname}`);
}
