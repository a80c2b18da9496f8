import { formatList } from '../../model/format.js';
import { isControlPlane, type WorkTarget } from '../node-work.js';
import { usageError } from '../refusal.js';
import type { Answers, Refusal } from '../types.js';

/** The order by rule, changed by what the operator asked for: a canary first, or all of it. */
export function arrange(
  targets: readonly WorkTarget[],
  { canary, order }: Answers,
): readonly WorkTarget[] | Refusal {
  const ordered = order === undefined ? targets : byOperator(targets, order);
  if ('kind' in ordered || canary === undefined) return ordered;
  const chosen = ordered.find(isNamed(canary));
  if (chosen === undefined) {
    return usageError(
      `${canary} is no node of this upgrade.`,
      `Choose the canary from: ${namesOf(targets.filter((each) => !isControlPlane(each))) || 'no worker is upgraded'}.`,
    );
  }
  if (isControlPlane(chosen)) {
    return usageError(
      `${canary} is a control plane: the canary has to be one that etcd can spare.`,
      'Name a worker, or leave canary out: control planes go one by one anyway.',
    );
  }
  return [
    { ...chosen, reason: 'canary: what goes wrong shows here first' },
    ...ordered.filter((each) => each !== chosen),
  ];
}

const isNamed =
  (wanted: string) =>
  ({ name, address }: WorkTarget): boolean =>
    name === wanted || address === wanted;

const namesOf = (targets: readonly WorkTarget[]): string =>
  targets.map(({ name }) => name).join(', ');

function byOperator(
  targets: readonly WorkTarget[],
  order: string,
): readonly WorkTarget[] | Refusal {
  const words = order
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const found = words.map((word) => targets.find(isNamed(word)));
  const known = found.filter((target) => target !== undefined);
  const left = targets.filter((target) => !known.includes(target));
  if (known.length !== words.length || new Set(known).size !== words.length || left.length > 0) {
    const strangers = words.filter((word) => !targets.some(isNamed(word)));
    const why =
      strangers.length > 0
        ? `names ${formatList(strangers)}, which is none of them`
        : left.length > 0
          ? `lacks ${formatList(left.map(({ name }) => name))}`
          : 'names one twice';
    return usageError(
      `The order has to name every node of the upgrade once: it ${why}.`,
      `Start from: ${targets.map(({ name }) => name).join(',')}.`,
    );
  }
  return known.map((target) => ({ ...target, reason: 'place given by the operator' }));
}
