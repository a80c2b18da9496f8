import { FALLBACK_KEY, takeFallback, ukiNameOf } from './boot-entries.js';
import { laterInLife, powerGone, retryInLife, runService, settle, startService } from './life.js';
import { touchNode } from './node.js';
import { refreshReadiness } from './readiness.js';
import { adoptSettings } from './talos-config.js';
import { provisionVolumes, seeDisks } from './talos-disk.js';
import { linkNameFor, mediumIn, type TalosImage } from './talos-image.js';
import { installFrom } from './talos-install.js';
import { Journal } from './talos-journal.js';
import { enterMaintenance } from './talos-maintenance.js';
import { type Phase, pause, phase, runSequence } from './talos-sequence.js';
import { freshService, serviceIdsOf } from './talos-services.js';
import type { Booted } from './talos-types.js';
import { installStaged } from './talos-upgrade.js';
import type { LabNode, LabVm, World } from './types.js';
import { vmOf } from './vm.js';

/** Firmware, boot loader and kernel of a UEFI guest on a small host; kexec goes straight to the kernel. */
const FIRMWARE_MS = 6500;
const KEXEC_MS = 3500;
/**
 * Of real time: talosctl looks for a machine that restarts once a second. One that is back sooner, because the lab's
 * time runs fast, has never been away for it, and it waits for ever.
 */
const LEAST_ABSENCE_MS = 2000;
/** talos: machined that fails counts ten seconds down before it restarts the machine. */
const FAILED_START_MS = 12_000;
const HALT_REPEAT_MS = 30_000;
const KUBELET_MS = 6000;
/** After the kubelet. */
const STATIC_PODS_MS = 3500;

export type Start = 'cold' | 'kexec';

interface Found {
  readonly booted: Booted;
  readonly image: TalosImage;
}

/** The order that the firmware tries; without one, the first disk and then the drive. */
function bootOrder(vm: LabVm): readonly string[] {
  const [, order] = /order=([^,]*)/.exec(String(vm.config.boot ?? '')) ?? [];
  return (order ?? 'scsi0;ide2').split(';').filter((slot) => slot !== '');
}

function installedEntry(node: LabNode): Found | null {
  const { systemDisk } = node.machine;
  const image = systemDisk?.entries[systemDisk.next] ?? null;
  if (systemDisk === null || image === null) return null;
  const booted: Booted = { medium: 'disk', entry: systemDisk.next, ukiName: ukiNameOf(image) };
  return { booted, image };
}

/** proxmox.md: a device without a boot loader is passed over. */
function findMedium(world: World, node: LabNode): Found | null {
  const vm = vmOf(world, node);
  if (vm === undefined) return null;
  const { systemDisk } = node.machine;
  for (const slot of bootOrder(vm)) {
    const installed = systemDisk?.slot === slot ? installedEntry(node) : null;
    if (installed !== null) return installed;
    const image = /^(?:ide|sata|scsi)\d+$/.test(slot) ? mediumIn(world, vm, slot) : null;
    if (image !== null)
      return { booted: { medium: 'iso', slot, ukiName: ukiNameOf(image) }, image };
  }
  return null;
}

/** The machine starts: with its firmware, or the next kernel straight from this one. */
export function bootNode(world: World, node: LabNode, start: Start = 'cold'): void {
  node.powerEpoch += 1;
  node.isHung = false;
  const pace = 0.85 + 0.4 * world.random.next();
  const scale = world.clock.scale();
  const leastMs = Number.isFinite(scale) ? LEAST_ABSENCE_MS * scale : 0;
  const firstMs = (start === 'kexec' ? KEXEC_MS : FIRMWARE_MS) * pace;
  laterInLife(world, node, Math.floor(Math.max(firstMs, leastMs)), () => {
    // kexec asks no firmware: whatever the boot order says, the disk's entry is next.
    const found = start === 'kexec' ? installedEntry(node) : findMedium(world, node);
    if (found !== null) tryStart(world, node, found, pace);
  });
}

function tryStart(world: World, node: LabNode, found: Found, pace: number): void {
  if (!world.faults.brokenImages.has(found.image.talosVersion)) {
    kernelRuns(world, node, found);
    initialize(world, node, found, pace);
    return;
  }
  laterInLife(world, node, FAILED_START_MS, () => {
    if (found.booted.medium === 'disk') takeFallback(node, world.clock.now());
    bootNode(world, node);
  });
}

function kernelRuns(world: World, node: LabNode, { booted, image }: Found): void {
  const nowMs = world.clock.now();
  const { machine } = node;
  node.isUp = true;
  node.bootId = world.random.uuid();
  node.bootedAtMs = nowMs;
  node.journal = new Journal();
  node.stage = 'booting';
  node.talosVersion = image.talosVersion;
  node.schematic = image.schematic ?? '';
  node.extensions = image.extensions;
  node.platform = image.platform;
  machine.booted = booted;
  machine.linkName = linkNameFor(image);
  machine.config = booted.medium === 'disk' ? (machine.systemDisk?.config ?? null) : null;
  machine.sequence = null;
  machine.endTrial = null;
  machine.isHalted = false;
  const { fallback = null, meta } = machine.systemDisk ?? {};
  if (fallback !== null) meta?.set(FALLBACK_KEY, fallback);
  const settings = machine.config?.settings ?? null;
  if (settings !== null) adoptSettings(world, node, settings);
  seeDisks(world, node);
  node.services = new Map(serviceIdsOf(node).map((id) => [id, freshService(id, nowMs)] as const));
  refreshReadiness(world, node);
  world.touch(`node:${node.hostname}`);
}

const starting = (
  world: World,
  node: LabNode,
  name: string,
  ms: number,
  ids: readonly string[],
): ReturnType<typeof pause> =>
  pause(world, node, name, ms, () => {
    for (const id of ids) runService(world, node, id);
  });

function initialize(world: World, node: LabNode, found: Found, pace: number): void {
  const at = (ms: number): number => Math.floor(ms * pace);
  const isForeign = found.booted.medium === 'iso' && node.machine.systemDisk !== null;
  const phases: readonly Phase[] = [
    phase('systemRequirements', pause(world, node, 'enforceKSPPRequirements', at(50))),
    phase(
      'earlyServices',
      starting(world, node, 'startMachined', at(900), [
        'machined',
        'udevd',
        'auditd',
        'syslogd',
        'containerd',
      ]),
    ),
    phase('meta', pause(world, node, 'reloadMeta', at(200))),
    phase('dashboard', starting(world, node, 'startDashboard', at(50), ['dashboard'])),
    ...(isForeign ? [phase('haltIfInstalled', halt(world, node))] : []),
    phase('config', { name: 'loadConfig', run: (end) => loadConfig(world, node, () => end(null)) }),
  ];
  runSequence(world, node, {
    name: 'initialize',
    actorId: '',
    stage: 'booting',
    phases,
    onEnd: () => installOrBoot(world, node, pace),
  });
}

/** talos.md §5.2: it says so every half minute and never goes on; no API listens. */
const halt = (world: World, node: LabNode): Phase['task'] => ({
  name: 'haltIfInstalled',
  run: () => {
    node.machine.isHalted = true;
    touchNode(world, node);
    const { bootId } = node;
    const repeat = (): void => {
      if (node.bootId !== bootId || !node.isUp) return;
      node.journal.say(
        world.clock.now(),
        'Talos is already installed to disk but booted from another media and talos.halt_if_installed kernel parameter is set. Please reboot from the disk.',
      );
    };
    repeat();
    const stop = world.clock.every(HALT_REPEAT_MS, () => {
      if (node.bootId !== bootId || !node.isUp) stop();
      else repeat();
    });
  },
});

function loadConfig(world: World, node: LabNode, done: () => void): void {
  if (node.machine.config === null) enterMaintenance(world, node, done);
  else laterInLife(world, node, 400, done);
}

function installOrBoot(world: World, node: LabNode, pace: number): void {
  if (node.machine.booted?.medium === 'iso' && node.machine.systemDisk === null) {
    installFrom(world, node, () => bootNode(world, node));
    return;
  }
  installStaged(world, node, () => boot(world, node, pace));
}

function boot(world: World, node: LabNode, pace: number): void {
  const at = (ms: number): number => Math.floor(ms * pace);
  const phases: readonly Phase[] = [
    phase('memorySizeCheck', pause(world, node, 'memorySizeCheck', at(20))),
    phase(
      'diskSizeCheck',
      pause(world, node, 'diskSizeCheck', at(250), () => provisionVolumes(world, node)),
    ),
    phase('env', pause(world, node, 'setUserEnvVars', at(10))),
    phase('dbus', pause(world, node, 'startDBus', at(10))),
    phase('ephemeral', pause(world, node, 'mountEphemeralPartition', at(300))),
    phase('udevSetup', pause(world, node, 'writeUdevRules', at(10))),
    phase('userDisks', pause(world, node, 'mountUserDisks', at(10))),
    phase('userSetup', pause(world, node, 'writeUserFiles', at(20))),
    phase('startEverything', startEverything(world, node, pace)),
  ];
  runSequence(world, node, {
    name: 'boot',
    actorId: '',
    stage: 'booting',
    phases,
    onEnd: (failure) => {
      if (failure !== null) return;
      node.stage = 'running';
      touchNode(world, node);
      settle(world);
    },
  });
}

/** talos@1.12: milliseconds after startAllServices begins. */
const SERVICES: readonly { readonly afterMs: number; readonly ids: readonly string[] }[] = [
  { afterMs: 200, ids: ['apid', 'trustd', 'sandboxd'] },
  { afterMs: 1200, ids: ['cri', 'ext-iscsid', 'ext-qemu-guest-agent', 'ext-tailscale'] },
  { afterMs: 3200, ids: ['etcd'] },
  { afterMs: KUBELET_MS, ids: ['kubelet'] },
];

const startEverything = (world: World, node: LabNode, pace: number): Phase['task'] => ({
  name: 'startAllServices',
  run: (end) => {
    for (const { afterMs, ids } of SERVICES) {
      laterInLife(world, node, Math.floor(afterMs * pace), () => {
        for (const id of ids.filter((each) => node.services.has(each)))
          startService(world, node, id);
      });
    }
    node.machine.whenUp = () => end(null);
    if (node.role === 'controlplane') {
      laterInLife(world, node, Math.floor((KUBELET_MS + STATIC_PODS_MS) * pace), () => {
        if (startStaticPods(world, node)) return;
        retryInLife(world, node, STATIC_PODS_MS, () => startStaticPods(world, node));
      });
    }
  },
});

/** The API server needs its etcd; while there is none, the kubelet tries again and again. */
function startStaticPods(world: World, node: LabNode): boolean {
  const canRun = ['etcd', 'kubelet'].every((id) => node.services.get(id)?.state === 'Running');
  if (!canRun) return false;
  node.areStaticPodsUp = true;
  touchNode(world, node);
  world.touch(`node:${node.hostname}`);
  return true;
}

/** The machine restarts without anybody's asking: a fatal error (talos: reboot after ten seconds). */
export function restartAfterFailure(world: World, node: LabNode): void {
  node.stage = 'rebooting';
  takeFallback(node, world.clock.now());
  touchNode(world, node);
  laterInLife(world, node, 10_000, () => {
    powerGone(world, node);
    bootNode(world, node);
  });
}
