import { DIALECTS } from '../cases.js';
import type { Outcome } from './tried.js';

/** One row per thing that can be wrong: with which actions it was tried, and how each Talos was refused. */
export function tableOf(outcomes: readonly Outcome[]): readonly string[] {
  const titles = [...new Set(outcomes.map(({ trial }) => trial.title))];
  const names = DIALECTS.map(({ name }) => name);
  return [
    `| refused | tried with | ${names.map((name) => `Talos ${name}`).join(' | ')} |`,
    `|---|---|${names.map(() => '---|').join('')}`,
    ...titles.map((title) => {
      const own = outcomes.filter(({ trial }) => trial.title === title);
      const cells = names.map((name) => cellOf(own.filter(({ dialect }) => dialect === name)));
      return `| ${title} | ${triedWith(own)} | ${cells.join(' | ')} |`;
    }),
  ];
}

function triedWith(outcomes: readonly Outcome[]): string {
  const actions = [...new Set(outcomes.map(({ trial }) => trial.args[0] ?? ''))];
  return actions.length > 3
    ? `${actions.length} actions`
    : actions.map((action) => `\`${action}\``).join(', ');
}

function cellOf(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '–';
  const said = outcomes.map(
    ({ answer }) => `exit ${answer.exitCode}${answer.gate === null ? '' : ` ${answer.gate}`}`,
  );
  const counted = [...new Set(said)].map((text) => {
    const count = said.filter((each) => each === text).length;
    return count === 1 ? text : `${text} ×${count}`;
  });
  const wrong = outcomes.filter(({ problems }) => problems.length > 0).length;
  return `${counted.join(', ')}${wrong === 0 ? '' : `, ${wrong} WRONG`}`;
}
