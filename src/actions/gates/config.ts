import { formatList } from '../../model/format.js';
import type { ConfigVerdict } from '../../model/inspection.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import { judge, NO_OBJECTIONS, type Objections, red, unknown, whenFresh } from './judge.js';

/**
 * G-CONFIG: talosctl calls the machine configuration valid (operations A2). It knows the rules of its own minor; when
 * that is not the one of the version to come, the text says so.
 */
export function configGate(
  { facts }: PlanContext,
  { address, name }: Pick<NodeTarget, 'address' | 'name'>,
  version: string,
): Gate {
  const reading = facts.inspection.configs.get(address);
  const verdict = reading?.state === 'fresh' ? reading.value : null;
  return judge(
    {
      id: 'G-CONFIG',
      title: 'The machine configuration is valid',
      remedy: `Correct it with talosctl edit machineconfig, or take a talosctl that can tell, best of ${version}.`,
      override: 'type',
    },
    whenFresh(`the machine configuration of ${name}`, reading, (value) =>
      objectionsTo(value, name, version),
    ),
    verdict === null ? '' : `valid ${rulesText(verdict, version)}${warningsText(verdict)}`,
  );
}

function objectionsTo(
  { isValid, ...verdict }: ConfigVerdict,
  name: string,
  version: string,
): Objections {
  if (isValid === true) return NO_OBJECTIONS;
  const why = `${name}: ${formatList(verdict.remarks, 4) || 'talosctl does not say why'}`;
  return isValid === false
    ? red(`${why}, ${rulesText(verdict, version)}`)
    : unknown(`${why} (${verdict.by})`);
}

function rulesText({ by }: Pick<ConfigVerdict, 'by'>, version: string): string {
  const rules = `by the rules of talosctl ${by}`;
  return minorOf(by) === minorOf(version) ? rules : `${rules}, not of ${version}`;
}

const warningsText = ({ remarks }: ConfigVerdict): string =>
  remarks.length === 0 ? '' : `; it warns: ${formatList(remarks, 4)}`;

const minorOf = (version: string): string | undefined => /^v?(\d+\.\d+)\./.exec(version)?.[1];
