import { fractionOf } from '../../world/random.js';
import type { LabNode, World } from '../../world/types.js';
import { cpuSampleOf } from '../../world/usage.js';
import { podContainers } from './containers.js';

const SECTOR_BYTES = 512;
const MTU_BYTES = 900;

/** Traffic and disk work follow what the processor does: they only grow, faster under load. */
function grown(world: World, node: LabNode, name: string, perBusySecond: number): number {
  const { busySeconds } = cpuSampleOf(world, node);
  const share = 0.7 + 0.6 * fractionOf(world.facts.seed, `${node.hostname}:${name}`);
  return Math.floor(busySeconds * share * perBusySecond);
}

function device(world: World, node: LabNode, name: string, scale: number): object {
  const rxBytes = grown(world, node, `rx:${name}`, 90_000 * scale);
  const txBytes = grown(world, node, `tx:${name}`, 70_000 * scale);
  return {
    name,
    rx_bytes: rxBytes,
    rx_packets: Math.floor(rxBytes / MTU_BYTES),
    tx_bytes: txBytes,
    tx_packets: Math.floor(txBytes / MTU_BYTES),
  };
}

type Counters = Readonly<Record<string, number | string>>;

/** The sum that machined prepends. */
function total(devices: readonly object[]): object {
  const sum: Record<string, number> = {};
  for (const each of devices as readonly Counters[]) {
    for (const [key, value] of Object.entries(each)) {
      if (typeof value === 'number') sum[key] = (sum[key] ?? 0) + value;
    }
  }
  return { name: '', ...sum };
}

export function networkDevices(world: World, node: LabNode, linkName: string) {
  const pods = podContainers(world, node).filter(
    ({ id, podId, networkNamespace }) => id === podId && networkNamespace !== '',
  );
  const devices = [
    device(world, node, 'lo', 1.4),
    device(world, node, linkName, 1),
    device(world, node, 'flannel.1', 0.3),
    device(world, node, 'cni0', 0.4),
    ...pods.map(({ networkNamespace }) =>
      device(world, node, networkNamespace.replace('cni-', 'veth'), 0.2),
    ),
  ];
  return { total: total(devices), devices };
}

export function diskDevices(world: World, node: LabNode, names: readonly string[]) {
  const devices = names.map((name) => {
    const writtenBytes = grown(world, node, `write:${name}`, name === 'sda' ? 30_000 : 200);
    const readBytes = grown(world, node, `read:${name}`, name === 'sda' ? 4000 : 50);
    return {
      name,
      read_completed: Math.floor(readBytes / 24_000),
      read_sectors: Math.floor(readBytes / SECTOR_BYTES),
      read_time_ms: Math.floor(readBytes / 40_000),
      write_completed: Math.floor(writtenBytes / 9000),
      write_merged: Math.floor(writtenBytes / 30_000),
      write_sectors: Math.floor(writtenBytes / SECTOR_BYTES),
      write_time_ms: Math.floor(writtenBytes / 12_000),
      io_in_progress: 0,
      io_time_ms: Math.floor((writtenBytes + readBytes) / 20_000),
      io_time_weighted_ms: Math.floor((writtenBytes + readBytes) / 11_000),
    };
  });
  return { total: total(devices), devices };
}
