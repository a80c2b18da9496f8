import type { Gate } from '../../actions/types.js';
import { paragraph, rule } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import type { Confirmation } from '../../hooks/use-confirm.js';
import { formatList } from '../../model/format.js';

interface PromptLook {
  /** Why it cannot be confirmed at the moment; null when it can. */
  readonly notYet: string | null;
  readonly isChangeable: boolean;
}

/** What is still asked of the operator, or why nothing can be done. */
export function promptLines(
  { consent, typed, isStarting }: Confirmation,
  { notYet, isChangeable }: PromptLook,
  width: number,
): readonly Line[] {
  const changes = isChangeable ? 'e changes the answers, ' : '';
  const changeKey = (key: string): Line =>
    isChangeable ? [span(`   ${key}`, 'accent'), span(' change answers')] : [];
  return [rule('', width), ...prompt()];

  function prompt(): readonly Line[] {
    if (isStarting) return [[levelSpan('wait', 'Starting')]];
    if (notYet !== null) return paragraph(`◌ ${notYet} Esc closes.`, width, 'wait');
    const { blocking, open, name } = consent;
    if (blocking.length > 0) {
      const titles = titlesOf(blocking);
      const verb = blocking.length === 1 ? 'is' : 'are';
      return paragraph(
        `✖ ${titles} ${verb} not green: this cannot start. It can as soon as that changes; ${changes}Esc closes.`,
        width,
        'fail',
      );
    }
    const [unaccepted] = open;
    if (unaccepted !== undefined) {
      return paragraph(
        `${titlesOf([unaccepted])} is not green. o goes on all the same, ${changes}Esc closes.`,
        width,
        'warn',
      );
    }
    if (name === null) return [[...KEY_YES, ...KEY_NO, ...changeKey('e')]];
    if (typed === name)
      return [[span(typed, 'strong'), span('   '), ...KEY_YES, ...KEY_NO, ...changeKey('Ctrl-E')]];
    const isWrong = !name.startsWith(typed);
    return [
      ...overriddenLines(consent, width),
      [
        span('Type '),
        span(name, 'strong'),
        span(' to confirm: '),
        span(typed),
        span('█', 'accent'),
        ...(isWrong ? [span(`  ✖ not ${name}`, 'fail')] : []),
        ...KEY_NO,
        ...changeKey('Ctrl-E'),
      ],
    ];
  }
}

/** A title is a sentence of its own: quoted, one sees where it ends. */
const titlesOf = (gates: readonly Pick<Gate, 'title'>[]): string =>
  formatList(gates.map(({ title }) => `"${title}"`));

const KEY_YES: Line = [span('y', 'accent'), span(' start')];
const KEY_NO: Line = [span('   Esc', 'accent'), span(' no')];

/** What the name is also typed for. */
function overriddenLines({ typed }: Confirmation['consent'], width: number): readonly Line[] {
  if (typed.length === 0) return [];
  const titles = titlesOf(typed);
  const verb = typed.length === 1 ? 'is' : 'are';
  return paragraph(`▲ ${titles} ${verb} not green: typing the name accepts that.`, width, 'warn');
}
