import { writeNextEntry } from './boot-entries.js';
import { isEtcdWorking, isMemberLive } from './etcd.js';
import { laterInLife } from './life.js';
import { installerImage, type TalosImage } from './talos-image.js';
import { pullFailure } from './talos-install.js';
import { drainTask, restartTask, thenRestart } from './talos-orders.js';
import { type Phase, pause, phase, runSequence, type TaskEnd } from './talos-sequence.js';
import { cleanup, stopAll, stopAround } from './talos-stop.js';
import { compareVersions, talosMinor } from './talos-version.js';
import type { LabNode, World } from './types.js';

/** Writing the boot assets of one image. */
const INSTALLER_MS = 9000;
/** talos: META keys of a staged upgrade. */
export const STAGED_IMAGE_KEY = 7;
const STAGED_OPTIONS_KEY = 8;
/** talos: pkg/machinery/compatibility, the same two minors back and one ahead for every release since 1.10. */
const OLDEST_HOST = 2;
const NEWEST_HOST = 2;

export interface UpgradeOrder {
  readonly image: string;
  readonly actorId: string;
  readonly isForced: boolean;
  readonly isPreserving: boolean;
  readonly isStaged: boolean;
  readonly rebootMode: 'DEFAULT' | 'POWERCYCLE';
}

/**
 * talos: `force` skips the check of etcd; so does `preserve` on servers from 1.12.9 and 1.13 on
 * (v1alpha1_server.go, Upgrade).
 */
export function skipsEtcdCheck(node: LabNode, order: UpgradeOrder): boolean {
  if (node.role !== 'controlplane' || order.isForced) return true;
  return order.isPreserving && compareVersions(node.talosVersion, 'v1.12.9') >= 0;
}

/** What Talos says of an etcd that cannot spare a member; null = it can. */
export function etcdRefusal(world: World): string | null {
  const members = [...world.etcd.members.values()];
  if (!isEtcdWorking(world)) {
    return 'failed to acquire upgrade mutex: error establishing etcd concurrency session: etcdserver: no leader';
  }
  if (members.length === 2) {
    return 'error validating etcd for upgrade: etcd member count(2) is insufficient to maintain quorum if upgrade commences';
  }
  const sick = members.find((member) => !isMemberLive(world, member));
  return sick === undefined
    ? null
    : `error validating etcd for upgrade: etcd member ${sick.id} is not healthy; all members must be healthy to perform an upgrade: context deadline exceeded`;
}

/** The installer's own check of where it comes from; null = fine. */
export function pathRefusal(node: LabNode, image: TalosImage): string | null {
  const host = talosMinor(node.talosVersion);
  const target = talosMinor(image.talosVersion);
  const [from, to] = [node.talosVersion.slice(1), image.talosVersion.slice(1)];
  if (host < target - OLDEST_HOST)
    return `host version ${from} is too old to upgrade to Talos ${to}`;
  return host >= target + NEWEST_HOST
    ? `host version ${from} is too new to downgrade to Talos ${to}`
    : null;
}

/** Lines that the installer prints, and what it ends with. */
export interface InstallerRun {
  readonly lines: readonly string[];
  readonly failure: string | null;
}

/** Runs the installer: the entry that was not to start next gets the image and is started next. */
export function runInstaller(world: World, node: LabNode, reference: string): InstallerRun {
  const image = installerImage(world, reference);
  const disk = node.machine.systemDisk;
  if (image === null) return { lines: [], failure: pullFailure(reference) };
  if (disk === null) return { lines: [], failure: 'system disk not found' };
  const lines = [
    `running Talos installer ${image.talosVersion}`,
    'running pre-flight checks',
    `host Talos version: ${node.talosVersion}`,
  ];
  const refusal = pathRefusal(node, image);
  if (refusal !== null) {
    return { lines, failure: `pre-flight checks failed: ${refusal}` };
  }
  const written = writeNextEntry(
    disk,
    disk.bootloader === 'grub' ? { ...image, platform: node.platform } : image,
  );
  return {
    lines: [
      ...lines,
      'all pre-flight checks successful',
      ...written,
      `installation of ${image.talosVersion} complete`,
    ],
    failure: null,
  };
}

function upgradeTask(world: World, node: LabNode, reference: string) {
  return {
    name: 'upgrade',
    run: (end: TaskEnd): void => {
      const say = (text: string): void => node.journal.say(world.clock.now(), text);
      say(`performing upgrade via "${reference}"`);
      laterInLife(world, node, INSTALLER_MS, () => {
        const { lines, failure } = runInstaller(world, node, reference);
        for (const line of lines) say(line);
        if (failure === null) {
          say('upgrade successful');
          end(null);
        } else {
          say(`error: ${failure}`);
          end('task "upgrade" failed: exit code 1');
        }
      });
    },
  };
}

/** The legacy way: the node drains itself, stops, installs and restarts. @returns whether it started. */
export function orderUpgrade(world: World, node: LabNode, order: UpgradeOrder): boolean {
  if (order.isStaged) return orderStagedUpgrade(world, node, order);
  const usesKexec = order.rebootMode === 'DEFAULT';
  const phases: readonly Phase[] = [
    phase('drain', drainTask(world, node)),
    ...cleanup(world, node),
    ...stopAround(world, node, upgradeTask(world, node, order.image), usesKexec),
    phase('reboot', restartTask(world, node, usesKexec)),
  ];
  return runSequence(world, node, {
    name: 'upgrade',
    actorId: order.actorId,
    stage: 'upgrading',
    phases,
    onEnd: thenRestart(world, node, usesKexec),
  });
}

/** Restarts first; the next boot installs before it starts anything. */
function orderStagedUpgrade(world: World, node: LabNode, order: UpgradeOrder): boolean {
  const meta = node.machine.systemDisk?.meta;
  meta?.set(STAGED_IMAGE_KEY, order.image);
  meta?.set(STAGED_OPTIONS_KEY, '{}');
  const usesKexec = order.rebootMode === 'DEFAULT';
  return runSequence(world, node, {
    name: 'stageUpgrade',
    actorId: order.actorId,
    stage: 'upgrading',
    phases: [
      ...cleanup(world, node),
      ...stopAll(world, node, usesKexec).map((each) =>
        each.name === 'kexec' ? { ...each, stage: 'rebooting' as const } : each,
      ),
      phase('reboot', restartTask(world, node, usesKexec)),
    ],
    onEnd: thenRestart(world, node, usesKexec),
  });
}

/** The boot after a staged upgrade. `proceed` goes on with the boot when nothing is staged or it failed. */
export function installStaged(world: World, node: LabNode, proceed: () => void): void {
  const meta = node.machine.systemDisk?.meta;
  const reference = meta?.get(STAGED_IMAGE_KEY);
  if (meta === undefined || reference === undefined) {
    runSequence(world, node, { name: 'install', actorId: '', phases: [] });
    proceed();
    return;
  }
  meta.delete(STAGED_IMAGE_KEY);
  meta.delete(STAGED_OPTIONS_KEY);
  runSequence(world, node, {
    name: 'install',
    actorId: '',
    phases: [
      phase('env', pause(world, node, 'setUserEnvVars', 10)),
      phase(
        'install',
        { ...upgradeTask(world, node, reference), name: 'install' },
        {
          stage: 'installing',
        },
      ),
      phase('meta', pause(world, node, 'reloadMeta', 50)),
      phase('saveMeta', pause(world, node, 'flushMeta', 50)),
      phase('volumeFinalize', pause(world, node, 'teardownVolumeLifecycle', 100)),
      phase('kexec', pause(world, node, 'kexecPrepare', 250), { stage: 'rebooting' }),
      phase('reboot', restartTask(world, node, true)),
    ],
    onEnd: thenRestart(world, node, true),
  });
}
