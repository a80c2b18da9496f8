import { laterInLife, powerGone } from './life.js';
import { restartAfterFailure } from './talos-boot.js';
import { diskNameOf, guestDisks } from './talos-disk.js';
import { installerImage, type TalosImage } from './talos-image.js';
import { pause, phase, runSequence, type TaskEnd } from './talos-sequence.js';
import { stopAllServices } from './talos-stop.js';
import type { LabDisk, LabNode, LabVm, World } from './types.js';
import { vmOf } from './vm.js';

/** Pulling the installer, partitioning, writing the boot assets. */
const PULL_MS = 6000;
const WRITE_MS = 14_000;

/** First boot with a configuration and a blank disk: writes Talos to it and starts from there. */
export function installFrom(world: World, node: LabNode, restart: () => void): void {
  runSequence(world, node, {
    name: 'install',
    actorId: '',
    phases: [
      phase('env', pause(world, node, 'setUserEnvVars', 10)),
      phase(
        'install',
        { name: 'install', run: (end) => install(world, node, end) },
        {
          stage: 'installing',
        },
      ),
      phase('meta', pause(world, node, 'reloadMeta', 50)),
      phase('saveMeta', pause(world, node, 'flushMeta', 50)),
      phase('volumeFinalize', pause(world, node, 'teardownVolumeLifecycle', 100)),
      phase('stopEverything', stopAllServices(world, node)),
      phase('kexec', pause(world, node, 'kexecPrepare', 300), { stage: 'rebooting' }),
      phase('reboot', pause(world, node, 'reboot', 50)),
    ],
    onEnd: (failure) => {
      if (failure !== null) {
        restartAfterFailure(world, node);
        return;
      }
      powerGone(world, node);
      restart();
    },
  });
}

/** The disk that `machine.install.disk` names. */
function targetDisk(vm: LabVm | undefined, path: string): LabDisk | undefined {
  const disks = vm === undefined ? [] : guestDisks(vm);
  return disks.find((_, position) => `/dev/${diskNameOf(position)}` === path);
}

function install(world: World, node: LabNode, end: TaskEnd): void {
  const vm = vmOf(world, node);
  const settings = node.machine.config?.settings;
  const reference = settings?.installImage ?? '';
  const path = settings?.installDisk ?? '/dev/sda';
  const disk = targetDisk(vm, path);
  const say = (text: string): void => node.journal.say(world.clock.now(), text);
  if (vm === undefined || disk === undefined) {
    end(`lstat ${path}: no such file or directory`);
    return;
  }
  say(`installing Talos to disk ${path}`);
  laterInLife(world, node, PULL_MS, () => {
    const image = installerImage(world, reference);
    if (image === null) {
      end(pullFailure(reference));
      return;
    }
    laterInLife(world, node, WRITE_MS, () => {
      writeSystem(node, vm, disk, image);
      say('install successful');
      end(null);
    });
  });
}

/** containerd's words for an image that is not there. */
export const pullFailure = (reference: string): string =>
  `failed to pull image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`;

function writeSystem(node: LabNode, vm: LabVm, disk: LabDisk, image: TalosImage): void {
  const bootloader = vm.config.bios === 'ovmf' ? 'sd-boot' : 'grub';
  // talos.md §5.6: GRUB is told the platform that runs; a UKI carries the platform of its image.
  const installed = bootloader === 'grub' ? { ...image, platform: node.platform } : image;
  node.machine.systemDisk = {
    slot: disk.slot,
    bootloader,
    entries: { A: installed, B: null },
    next: 'A',
    fallback: null,
    config: node.machine.config,
    ephemeralBytes: null,
    hasEtcdData: false,
    kubeletCertificates: new Set(),
    meta: new Map(),
  };
}
