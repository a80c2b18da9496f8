import type { Line } from '../../world/talos-journal.js';
import type { LabNode, World } from '../../world/types.js';
import { type LogSource, told } from './source.js';

/** What machined says about its sequences when a machine boots. */
const BOOT_PHASES: Readonly<Record<'initialize' | 'boot', readonly (readonly [string, string])[]>> =
  {
    initialize: [
      ['systemRequirements', 'enforceKSPPRequirements'],
      ['earlyServices', 'startMachined'],
      ['meta', 'reloadMeta'],
      ['dashboard', 'startDashboard'],
      ['config', 'loadConfig'],
    ],
    boot: [
      ['memorySizeCheck', 'memorySizeCheck'],
      ['diskSizeCheck', 'diskSizeCheck'],
      ['env', 'setUserEnvVars'],
      ['dbus', 'startDBus'],
      ['ephemeral', 'mountEphemeralPartition'],
      ['udevSetup', 'writeUdevRules'],
      ['userDisks', 'mountUserDisks'],
      ['userSetup', 'writeUserFiles'],
      ['startEverything', 'startAllServices'],
    ],
  };

/** A machine that booted before the lab was switched on: its services remember, the rest is always the same. */
function remembered(node: LabNode): readonly Line[] {
  const { bootedAtMs } = node;
  const sequences = (['initialize', 'boot'] as const).flatMap((name, which) => {
    const phases = BOOT_PHASES[name];
    const startMs = bootedAtMs + 2000 + which * 3000;
    return [
      { atMs: startMs, text: `${name} sequence: ${phases.length} phase(s)` },
      ...phases.flatMap(([phase, task], index) => {
        const atMs = startMs + 20 + index * 240;
        const progress = `${index + 1}/${phases.length}`;
        return [
          { atMs, text: `phase ${phase} (${progress}): 1 tasks(s)` },
          { atMs: atMs + 1, text: `task ${task} (1/1): starting` },
          { atMs: atMs + 180, text: `task ${task} (1/1): done, 179.4ms` },
          { atMs: atMs + 181, text: `phase ${phase} (${progress}): done, 181.2ms` },
        ];
      }),
    ];
  });
  const services = [...node.services.values()].flatMap(({ id, events }) =>
    events.map(({ atMs, state, message }) => ({
      atMs,
      text: `service[${id}](${state}): ${message}`,
    })),
  );
  const first: Line = {
    atMs: bootedAtMs + 1800,
    text: `Talos ${node.talosVersion}, platform ${node.platform}`,
  };
  return [first, ...sequences, ...services].sort((left, right) => left.atMs - right.atMs);
}

/** Without the prefix that machined gives its lines. */
export const machinedLines = (world: World, node: LabNode): LogSource =>
  told(() => {
    const isRemembered = node.bootedAtMs < world.facts.startedAtMs;
    const { lines } = node.journal;
    const firstMs = lines[0]?.atMs ?? Number.POSITIVE_INFINITY;
    return isRemembered
      ? [...remembered(node).filter(({ atMs }) => atMs < firstMs), ...lines]
      : lines;
  });
