import { diskNameOf, guestDisks } from '../../world/talos-disk.js';
import type { LabNode, World } from '../../world/types.js';
import { coresOf, memoryBytesOf, vmOf } from '../../world/vm.js';
import { machinedLines } from './machined.js';
import { type LogSource, together, told } from './source.js';

interface KernelLine {
  readonly afterMs: number;
  readonly priority: 'emerg' | 'alert' | 'crit' | 'err' | 'warning' | 'notice' | 'info' | 'debug';
  readonly text: string;
}

const line = (
  afterMs: number,
  text: string,
  priority: KernelLine['priority'] = 'info',
): KernelLine => ({ afterMs, priority, text });

/** The kernel's own story of a boot on QEMU. */
function kernelStory(world: World, node: LabNode): readonly KernelLine[] {
  const vm = vmOf(world, node);
  const memoryKib = Math.floor((vm === undefined ? 0 : memoryBytesOf(vm)) / 1024);
  const cores = vm === undefined ? 1 : coresOf(vm);
  const disks = vm === undefined ? [] : guestDisks(vm);
  return [
    line(
      0,
      `Linux version ${kernelVersion(node)} (@buildkitsandbox) (gcc (GCC) 15.2.0, GNU ld (GNU Binutils) 2.45) #1 SMP PREEMPT_DYNAMIC`,
      'notice',
    ),
    line(0, `Command line: ${kernelCommandLine(node)}`),
    line(0, 'BIOS-provided physical RAM map:'),
    line(0, 'efi: EFI v2.7 by EDK II'),
    line(0, 'DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 4.2025.05-2 11/13/2025'),
    line(0, 'Hypervisor detected: KVM'),
    line(0, 'kvm-clock: Using msrs 4b564d01 and 4b564d00'),
    line(12, `Memory: ${memoryKib - 160_000}K/${memoryKib}K available`),
    line(60, `smp: Brought up 1 node, ${cores} CPUs`),
    line(180, 'PCI: Using configuration type 1 for base access'),
    line(240, 'SCSI subsystem initialized'),
    line(320, 'NET: Registered PF_INET protocol family'),
    line(480, 'workingset: timestamp_bits=46 max_order=20 bucket_order=0'),
    line(640, 'virtio_scsi virtio2: 4/0/0 default/read/poll queues'),
    line(660, 'scsi host2: Virtio SCSI HBA'),
    ...disks.flatMap(({ sizeBytes }, position) => {
      const name = diskNameOf(position);
      return [
        line(
          700 + position * 20,
          `sd 2:0:0:${position}: [${name}] ${Math.floor(sizeBytes / 512)} 512-byte logical blocks: (${(sizeBytes / 1e9).toFixed(1)} GB/${(sizeBytes / 1024 ** 3).toFixed(1)} GiB)`,
          'notice',
        ),
        line(705 + position * 20, `sd 2:0:0:${position}: [${name}] Attached SCSI disk`, 'notice'),
      ];
    }),
    line(720, ' sda: sda1 sda2 sda3 sda4'),
    line(810, `virtio_net virtio3 ${node.machine.linkName}: renamed from eth0`),
    line(900, 'Freeing unused kernel image (initmem) memory: 3640K'),
    line(950, 'Run /init as init process'),
    line(2900, 'XFS (sda3): Mounting V5 Filesystem', 'notice'),
    line(2950, 'XFS (sda3): Ending clean mount', 'notice'),
    line(5200, 'XFS (sda4): Mounting V5 Filesystem', 'notice'),
    line(5400, 'XFS (sda4): Ending clean mount', 'notice'),
  ];
}

export const kernelVersion = ({ talosVersion }: LabNode): string =>
  talosVersion.startsWith('v1.11') ? '6.12.62-talos' : '6.18.9-talos';

export const kernelCommandLine = (node: LabNode): string =>
  `talos.platform=${node.platform} console=tty1 console=ttyS0 init_on_alloc=1 slab_nomerge pti=on consoleblank=0 nvme_core.io_timeout=4294967295 printk.devkmsg=on selinux=1 module.sig_enforce=1${node.machine.booted?.medium === 'iso' ? ' talos.halt_if_installed=1' : ''}${node.machine.linkName === 'eth0' ? ' net.ifnames=0' : ''}`;

const stamp = (atMs: number, part: number): string =>
  `${new Date(atMs).toISOString().slice(0, -1)}${String(part).padStart(6, '0')}Z`;

const record = (facility: string, priority: string, atMs: number, text: string, part: number) =>
  `${facility}: ${priority.padStart(7)}: [${stamp(atMs, part)}]: ${text}`;

/** /dev/kmsg as talosctl prints it: the kernel's lines, and what machined writes there. */
export function kernelLog(world: World, node: LabNode): LogSource {
  const own = told(() =>
    kernelStory(world, node).map(({ afterMs, priority, text }, index) => {
      const atMs = node.bootedAtMs + afterMs;
      return { atMs, text: record('kern', priority, atMs, text, (index * 137_911) % 1_000_000) };
    }),
  );
  const machined = machinedLines(world, node);
  const talos: LogSource = {
    between: (fromMs, toMs) =>
      machined.between(fromMs, toMs).flatMap(({ atMs, text }, index) =>
        text.split('\n').map((each) => ({
          atMs,
          text: record('user', 'warning', atMs, `[talos] ${each}`, (index * 71_993) % 1_000_000),
        })),
      ),
  };
  return together([own, talos]);
}
