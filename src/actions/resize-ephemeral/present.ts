import { formatBytes, formatList } from '../../model/format.js';
import { knownValue } from '../../model/reading.js';
import { ALL } from '../all.js';
import { type NodeTarget, resolveTargets } from '../node-target.js';
import type { PlanContext, Question } from '../types.js';
import { isDiskSlot, systemDrive } from './layout.js';

/** The size is the whole one, so the operator has to see the present one where it is asked for. */
export const sizeQuestion = (context: PlanContext): Question => ({
  name: 'size',
  label: `New size of the system disk in GiB (${presentText(context)}not what is added)`,
  kind: 'text',
  choices: [],
  suggestion: '',
  problem: null,
});

const MOST_NAMED = 4;

/** `now 20 GiB; `, `now 20 GiB: w-4; 40 GiB: w-5; `; empty where no machine can be told. */
function presentText(context: PlanContext): string {
  const targets = resolveTargets(context, context.answers.node ?? ALL);
  if ('kind' in targets) return '';
  const groups = [...Map.groupBy(targets, (target) => sizeText(presentBytes(context, target)))];
  const texts = groups.map(([size, alike]) =>
    groups.length === 1
      ? size
      : `${size}: ${formatList(
          alike.map(({ name }) => name),
          MOST_NAMED,
        )}`,
  );
  return `now ${texts.join('; ')}; `;
}

const sizeText = (bytes: number | null): string =>
  bytes === null ? 'not known' : formatBytes(bytes);

/** Inspected if it was; before that a guest with one disk alone tells it as well. */
function presentBytes(
  { snapshot, facts }: PlanContext,
  { address, vm }: NodeTarget,
): number | null {
  if (vm === null) return null;
  const { nodes, vms } = facts.inspection;
  const node = nodes.get(address);
  const guest = vms.get(vm.id);
  const inspected = {
    node: node === undefined ? undefined : knownValue(node),
    guest: guest === undefined ? undefined : knownValue(guest),
  };
  if (inspected.node !== undefined && inspected.guest !== undefined) {
    const drive = systemDrive(inspected.node, inspected.guest);
    if (typeof drive !== 'string') return drive.sizeBytes;
  }
  const listed = knownValue(snapshot.vms)?.find(({ id }) => id === vm.id);
  const config = listed === undefined ? undefined : knownValue(listed.config);
  const disks = config?.disks.filter(({ slot, isCdrom }) => !isCdrom && isDiskSlot(slot)) ?? [];
  const [only, more] = disks;
  return more === undefined ? (only?.sizeBytes ?? null) : null;
}
