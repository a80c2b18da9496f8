import type { Document } from '../../world/talos-settings.js';
import { encodeConfig } from './encode.js';
import { mainOf } from './reading.js';
import { textDiff } from './text-diff.js';

/** talos@1.12 CanApplyImmediate: everything else of `machine` needs a restart. */
const IMMEDIATE_MACHINE = [
  'ca',
  'acceptedCAs',
  'time',
  'certSANs',
  'install',
  'network',
  'sysfs',
  'sysctls',
  'logging',
  'controlPlane',
  'kubelet',
  'kernel',
  'registries',
  'pods',
  'seccompProfiles',
  'nodeAnnotations',
  'nodeLabels',
  'nodeTaints',
];

const IMMEDIATE_FEATURES = [
  'kubernetesTalosAPIAccess',
  'kubePrism',
  'hostDNS',
  'imageCache',
  'nodeAddressSortAlgorithm',
];

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/** `next`, but with `names` as they are in `current`. */
function keeping(next: Fields, current: Fields, names: readonly string[]): Fields {
  const kept = names.flatMap((name) => (name in current ? [[name, current[name]] as const] : []));
  const others = Object.entries(next).filter(([name]) => !names.includes(name));
  return { ...Object.fromEntries(others), ...Object.fromEntries(kept) };
}

/** null = takes effect without a restart. Documents other than the main one always do. */
export function needsReboot(
  current: readonly Document[],
  next: readonly Document[],
  minor: number,
): string | null {
  const [old, main] = [mainOf(current), mainOf(next)];
  if (old === undefined) return 'current config is not v1alpha1';
  if (main === undefined) return 'new config is not v1alpha1';
  const oldMachine = fieldsOf(old.machine);
  const machine = keeping(fieldsOf(main.machine), oldMachine, IMMEDIATE_MACHINE);
  const features = keeping(
    fieldsOf(machine.features),
    fieldsOf(oldMachine.features),
    IMMEDIATE_FEATURES,
  );
  const hasFeatures = machine.features !== undefined || Object.keys(features).length > 0;
  const comparable: Document = {
    ...keeping(main, old, ['debug', 'cluster']),
    machine: hasFeatures ? { ...machine, features } : machine,
  };
  const diff = textDiff(encodeConfig([old], minor), encodeConfig([comparable], minor));
  return diff === ''
    ? null
    : `this config change can't be applied in immediate mode\ndiff:\n${diff}`;
}
