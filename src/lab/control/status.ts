import type { LabHandle, LabNode } from '../world/types.js';
import { vipHolder } from '../world/vip.js';
import type { LabStatus } from './protocol.js';

export function statusOf({ world }: LabHandle, scenario: string): LabStatus {
  const { facts, etcd } = world;
  const scale = world.clock.scale();
  const leader = etcd.leaderId === null ? undefined : etcd.members.get(etcd.leaderId);
  return {
    scenario,
    seed: facts.seed,
    timeScale: Number.isFinite(scale) ? scale : null,
    virtualTime: new Date(world.clock.now()).toISOString(),
    lan: `${facts.lanPrefix}.0.0/${facts.lanPrefixLength}`,
    vipHolder: vipHolder(world)?.hostname ?? null,
    etcdLeader: leader?.hostname ?? null,
    nodes: [...world.nodes.values()].map((node) => ({
      hostname: node.hostname,
      address: node.address,
      vmId: node.vmId,
      state: stateOf(node),
    })),
  };
}

function stateOf(node: LabNode): string {
  if (!node.isUp) return 'off';
  if (node.isHung) return 'hangs';
  return node.isPartitioned ? 'cut off' : node.stage;
}

const MOST_LINES = 24;

export function statusText(status: LabStatus): string {
  const shown = status.nodes.slice(0, MOST_LINES);
  const more = status.nodes.length - shown.length;
  return [
    `${status.scenario} on ${status.lan}, seed ${status.seed}, ${status.virtualTime} (×${status.timeScale ?? '∞'})`,
    `virtual address: ${status.vipHolder ?? 'nobody'}; etcd leader: ${status.etcdLeader ?? 'none'}`,
    ...shown.map(
      ({ hostname, address, vmId, state }) => `${vmId}  ${hostname}  ${address}  ${state}`,
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}
