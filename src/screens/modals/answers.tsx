import { Dialog } from '../../components/dialog.js';
import { cutLine, paragraph } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { BLANK, type Line, span } from '../../components/text.js';
import { visibleTop } from '../../hooks/list-state.js';
import type { ActionRequest } from '../../hooks/use-actions.js';
import { type AnswerRow, useAnswers } from '../../hooks/use-answers.js';
import type { InspectionView } from '../../hooks/use-inspection.js';
import type { ViewProps } from '../types.js';
import { FormModal } from './form.js';
import { dialogPlace, scrollNote } from './frame.js';

interface AnswersProps extends ViewProps {
  readonly request: ActionRequest;
  readonly inspection: InspectionView;
  readonly back: () => void;
}

const WIDTH = 92;

/** Everything that the action can be told, also what it never asks for. */
export function AnswersModal({ request, inspection, back, ...screen }: AnswersProps) {
  const { rows, index, problem, asked } = useAnswers(request, back);
  if (asked !== null) return <FormModal {...screen} asked={asked} inspection={inspection} />;
  const innerWidth = Math.min(WIDTH, screen.width - 4) - 4;
  const below: readonly Line[] = [
    BLANK,
    ...paragraph(rows[index]?.question.label ?? '', innerWidth, 'accent'),
    ...(problem === null ? [] : [BLANK, ...problemLines(problem, innerWidth)]),
    BLANK,
    KEYS,
  ];
  const place = dialogPlace(screen, WIDTH, rows.length + below.length);
  const room = Math.max(1, place.innerHeight - below.length);
  const top = visibleTop(0, index, room, rows.length);
  const nameWidth = Math.max(0, ...rows.map(({ question }) => question.name.length));
  return (
    <Dialog
      {...place}
      title={`${request.action.title}: answers`}
      lines={[
        ...rows
          .slice(top, top + room)
          .map((row, at) => cutLine(rowLine(row, nameWidth, top + at === index), innerWidth)),
        ...below,
      ]}
      tone="accent"
      note={scrollNote(top, room, rows.length)}
    />
  );
}

function rowLine({ question, text, isSaid }: AnswerRow, nameWidth: number, isSelected: boolean) {
  const marker = isSelected ? '› ' : '  ';
  const tone = isSelected ? 'strong' : 'text';
  return [
    span(marker, 'accent'),
    span(`${question.name.padEnd(nameWidth)}  `, isSelected ? 'strong' : 'muted'),
    ...(text === ''
      ? [span('not set', 'muted')]
      : [span(text, tone), ...(isSaid ? [] : [span('  by default', 'faint')])]),
  ];
}

const problemLines = (problem: string, width: number): readonly Line[] =>
  paragraph(problem, width - 2).map(
    (spans, at): Line => [
      ...(at === 0 ? [levelSpan('warn', ''), span(' ')] : [span('  ')]),
      ...spans,
    ],
  );

const KEYS: Line = [
  span('Enter', 'accent'),
  span(' change   '),
  span('p', 'accent'),
  span(' plan with these   '),
  span('Esc', 'accent'),
  span(' back, as it was'),
];
