import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import { isChoice } from '../../hooks/form-draft.js';
import { visibleTop } from '../../hooks/list-state.js';
import type { TextEdit } from '../../hooks/text-edit.js';
import { type Asked, CHOICES_ON_PAGE, type FormView, useForm } from '../../hooks/use-form.js';
import type { InspectionView } from '../../hooks/use-inspection.js';
import type { ViewProps } from '../types.js';
import { dialogPlace } from './frame.js';

interface FormModalProps extends ViewProps {
  readonly asked: Asked;
  readonly inspection: InspectionView;
}

const WIDTH = 76;

export function FormModal({ asked, inspection, ...screen }: FormModalProps) {
  const view = useForm(asked);
  if (view === null) return null;
  const innerWidth = Math.min(WIDTH, screen.width - 4) - 4;
  const { question, number, count } = view;
  const lines: readonly Line[] = [
    ...view.answered.flatMap((text) => paragraph(text, innerWidth, 'muted')),
    ...paragraph(question.label, innerWidth, 'strong'),
    [],
    ...(isChoice(question) ? choiceLines(view, innerWidth) : [fieldLine(view.edit, innerWidth)]),
    ...problemLines(view.problem, innerWidth),
    ...(inspection.isComplete
      ? []
      : [[], ...paragraph(`◌ Reading ${inspection.what}`, innerWidth, 'wait')]),
  ];
  const place = dialogPlace(screen, WIDTH, lines.length + 1);
  return (
    <Dialog
      {...place}
      title={asked.form.title}
      lines={lines}
      tone="accent"
      note={count > 1 ? `question ${number} of ${count}` : ''}
    />
  );
}

const problemLines = (problem: string | null, width: number): readonly Line[] =>
  problem === null
    ? []
    : [
        [],
        ...paragraph(problem, width - 2).map(
          (spans, index): Line => [
            ...(index === 0 ? [levelSpan('warn', ''), span(' ')] : [span('  ')]),
            ...spans,
          ],
        ),
      ];

/** A long label goes on below itself: what is remarked of a node must not be cut off. */
function choiceLines({ question, choiceIndex, marks }: FormView, width: number): readonly Line[] {
  const top = visibleTop(0, choiceIndex, CHOICES_ON_PAGE, question.choices.length);
  return question.choices.slice(top, top + CHOICES_ON_PAGE).flatMap(({ value, label }, at) => {
    const isSelected = top + at === choiceIndex;
    const box = question.kind === 'choices' ? (marks.has(value) ? '[x] ' : '[ ] ') : '';
    return paragraph(label, width - MARKER - box.length, isSelected ? 'strong' : 'text').map(
      (spans, index): Line => [
        span(isSelected && index === 0 ? '› ' : '  ', 'accent'),
        span(index === 0 ? box : ' '.repeat(box.length), isSelected ? 'strong' : 'text'),
        ...spans,
      ],
    );
  });
}

const MARKER = 2;

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
