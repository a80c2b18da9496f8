import { runBarePods } from './bare-pods.js';
import { runFoundingChoices } from './cni.js';
import { runCsrs } from './csr.js';
import { runDiskPressure } from './disk-pressure.js';
import { runEtcd } from './etcd.js';
import { runEventExpiry } from './kube-events.js';
import { runKubelet } from './kubelet.js';
import { runLeaderLeases } from './leases.js';
import { runNodeMonitor } from './node-monitor.js';
import { runPools } from './pool-watch.js';
import { runRollouts } from './rollouts.js';
import { runStaticAddresses } from './static-addresses.js';
import { runDiskNotices } from './talos-disk.js';
import type { World } from './types.js';
import { runWorkloads } from './workloads.js';

/** Proxmox' own figures are ten seconds old at most (pvestatd). */
const PVE_STATISTICS_MS = 10_000;

/** Switches a created world on: from here everything happens in its virtual time. */
export function runWorld(world: World): void {
  runLeaderLeases(world);
  for (const node of world.nodes.values()) runKubelet(world, node);
  runNodeMonitor(world);
  runWorkloads(world);
  runRollouts(world);
  runBarePods(world);
  runEventExpiry(world);
  runCsrs(world);
  runEtcd(world);
  runDiskNotices(world);
  runStaticAddresses(world);
  runFoundingChoices(world);
  runPools(world);
  runDiskPressure(world);
  world.clock.every(PVE_STATISTICS_MS, () => world.touch('pve'));
}
