import { parse, parseAllDocuments } from 'yaml';
import { moveMachine } from './machines.js';
import type { LabNode, World } from './types.js';
import { vmOf } from './vm.js';

/** talos: META key of a network configuration that a boot medium brings along. */
const NETWORK_META_KEY = 10;

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const texts = (values: readonly unknown[]): readonly string[] =>
  values.filter((value) => typeof value === 'string');

/** What a machine configuration gives to links, in both of its dialects. */
function configured(text: string): readonly string[] {
  return parseAllDocuments(text).flatMap((parsed) => {
    const document: unknown = parsed.toJS();
    const interfaces = list(at(at(at(document, 'machine'), 'network'), 'interfaces'));
    const links = interfaces.flatMap((link) => [link, ...list(at(link, 'vlans'))]);
    const legacy = links.flatMap((link) => texts(list(at(link, 'addresses'))));
    const modern = /^(?:Link|VLAN|Bond|Bridge)Config$/.test(String(at(document, 'kind')))
      ? texts(list(at(document, 'addresses')).map((entry) => at(entry, 'address')))
      : [];
    return [...legacy, ...modern];
  });
}

/** A schematic can carry META values into its boot media. */
function inMedium(world: World, node: LabNode): readonly string[] {
  const yaml = world.schematics.get(node.schematic);
  if (yaml === undefined || node.platform !== 'metal') return [];
  const entries = list(at(at(parse(yaml), 'customization'), 'meta'));
  const network = entries.find((entry) => at(entry, 'key') === NETWORK_META_KEY);
  const value = at(network, 'value');
  const addresses = typeof value === 'string' ? list(at(parse(value), 'addresses')) : [];
  return texts(addresses.map((entry) => at(entry, 'address')));
}

/** proxmox.md §13.11: only the nocloud platform reads the drive that `ipconfig0` is written to. */
function inCloudDrive(world: World, node: LabNode): readonly string[] {
  const config = vmOf(world, node)?.config ?? {};
  const hasDrive = Object.values(config).some((value) => String(value).includes('cloudinit'));
  const address = /(?:^|,)ip=([\d./]+)/.exec(String(config.ipconfig0 ?? ''))?.[1];
  return node.platform === 'nocloud' && hasDrive && address !== undefined ? [address] : [];
}

/** The first static address on the lab's network; null = DHCP. */
function wantedAddress(world: World, node: LabNode): string | null {
  const text = node.machine.config?.text ?? null;
  const all = [
    ...(text === null ? [] : configured(text)),
    ...(text === null ? [...inCloudDrive(world, node), ...inMedium(world, node)] : []),
  ];
  const onLan = all.find((address) => address.startsWith(`${world.facts.lanPrefix}.`));
  return onLan?.split('/')[0] ?? null;
}

const isFree = (world: World, address: string): boolean =>
  ![...world.nodes.values()].some((node) => node.address === address);

/** A kernel that starts gives its links the addresses that it was told, and nobody finds it at the old one. */
export function runStaticAddresses(world: World): void {
  const seenBoots = new Map<LabNode, string>();
  world.subscribe((topics) => {
    for (const topic of topics) {
      if (!topic.startsWith('node:')) continue;
      const node = world.nodes.get(topic.slice('node:'.length));
      if (node === undefined || !node.isUp || seenBoots.get(node) === node.bootId) continue;
      seenBoots.set(node, node.bootId);
      const wanted = wantedAddress(world, node);
      if (wanted !== null && wanted !== node.address && isFree(world, wanted)) {
        moveMachine(world, node, wanted);
      }
    }
  });
}
