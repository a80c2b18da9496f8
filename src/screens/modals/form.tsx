import type { Action, Answers, Form } from '../../actions/types.js';
import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import { visibleTop } from '../../hooks/list-state.js';
import type { TextEdit } from '../../hooks/text-edit.js';
import { type FormView, useForm } from '../../hooks/use-form.js';
import type { ViewProps } from '../types.js';
import { dialogPlace } from './frame.js';

interface FormModalProps extends ViewProps {
  readonly action: Action;
  readonly form: Form;
  readonly answers: Answers;
}

const WIDTH = 76;
const MAX_CHOICES = 12;

export function FormModal({ action, form, answers, width, height }: FormModalProps) {
  const view = useForm(action, form, answers);
  if (view === null) return null;
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const { question, number, count } = view;
  const problem =
    question.problem === null
      ? []
      : [
          [],
          ...paragraph(question.problem, innerWidth - 2).map(
            (spans, index): Line => [
              ...(index === 0 ? [levelSpan('warn', ''), span(' ')] : [span('  ')]),
              ...spans,
            ],
          ),
        ];
  const lines: readonly Line[] = [
    ...paragraph(question.label, innerWidth, 'strong'),
    [],
    ...(question.kind === 'choice' || question.kind === 'choices'
      ? choiceLines(view)
      : [fieldLine(view.edit, innerWidth)]),
    ...problem,
  ];
  const place = dialogPlace({ width, height }, WIDTH, lines.length + 1);
  return (
    <Dialog
      {...place}
      title={form.title}
      lines={lines}
      tone="accent"
      note={count > 1 ? `question ${number} of ${count}` : ''}
    />
  );
}

function choiceLines({ question, choiceIndex, marks }: FormView): readonly Line[] {
  const top = visibleTop(0, choiceIndex, MAX_CHOICES, question.choices.length);
  return question.choices.slice(top, top + MAX_CHOICES).map(({ value, label }, at) => {
    const isSelected = top + at === choiceIndex;
    const box = question.kind === 'choices' ? (marks.has(value) ? '[x] ' : '[ ] ') : '';
    return [
      span(isSelected ? '› ' : '  ', 'accent'),
      span(box + label, isSelected ? 'strong' : 'text'),
    ];
  });
}

/** The end of a long text stays in view with its cursor. */
function fieldLine({ characters, cursor }: TextEdit, width: number): Line {
  const from = Math.max(0, cursor - width + 6);
  const before = characters.slice(from, cursor).join('');
  const under = characters[cursor] ?? ' ';
  const after = characters.slice(cursor + 1, from + width).join('');
  return [
    span('› ', 'accent'),
    span(before),
    span(under === ' ' ? '█' : under, 'active'),
    span(after),
  ];
}
