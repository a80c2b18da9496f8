import { useState } from 'react';
import type { Action, Answers, Form, Question } from '../actions/types.js';
import {
  cursorToEnd,
  cursorToStart,
  editOf,
  eraseBefore,
  eraseUnder,
  insert,
  moveCursor,
  type TextEdit,
  textOf,
} from './text-edit.js';
import { useUi } from './ui.js';
import { beginAction } from './use-actions.js';
import { useKeys } from './use-keys.js';
import { useWiring } from './wiring.js';

export interface FormView {
  readonly question: Question;
  readonly number: number;
  readonly count: number;
  readonly edit: TextEdit;
  readonly choiceIndex: number;
  readonly marks: ReadonlySet<string>;
}

const NOTHING = editOf('');

/** Asks one question after the other; after the last one the action is planned again. */
export function useForm(action: Action, form: Form, earlier: Answers): FormView | null {
  const wiring = useWiring();
  const ui = useUi();
  const [number, setNumber] = useState(0);
  const [given, setGiven] = useState<Answers>({});
  const [draft, setDraft] = useState(() => draftOf(form.questions[0]));
  const question = form.questions[number];
  const isText = question !== undefined && !isChoice(question);

  const next = (): void => {
    if (question === undefined) return;
    const answers = { ...given, [question.name]: answerOf(question, draft) };
    if (number + 1 < form.questions.length) {
      setGiven(answers);
      setNumber(number + 1);
      setDraft(draftOf(form.questions[number + 1]));
    } else {
      beginAction(wiring, ui, action, { ...earlier, ...answers });
    }
  };
  const edit = (change: (edit: TextEdit) => TextEdit) => () =>
    setDraft((from) => ({ ...from, edit: change(from.edit) }));
  const choose = (step: number) => () =>
    setDraft((from) => ({ ...from, choiceIndex: clampChoice(question, from.choiceIndex + step) }));
  const type = (text: string) => edit((from) => insert(from, text))();

  useKeys(
    'form',
    {
      next,
      close: () => ui.modal.update(() => null),
      ...(isText
        ? {
            left: edit((from) => moveCursor(from, -1)),
            right: edit((from) => moveCursor(from, 1)),
            start: edit(cursorToStart),
            end: edit(cursorToEnd),
            erase: edit(eraseBefore),
            eraseAll: edit(() => NOTHING),
            delete: edit(eraseUnder),
          }
        : { down: choose(1), up: choose(-1) }),
    },
    isText ? { onText: ({ text }) => type(text ?? ''), onPaste: type } : {},
  );
  useKeys(
    'choices',
    { toggle: () => setDraft((from) => ({ ...from, marks: toggled(question, from) })) },
    { isActive: question?.kind === 'choices' },
  );
  if (question === undefined) return null;
  return { question, number: number + 1, count: form.questions.length, ...draft };
}

interface Draft {
  readonly edit: TextEdit;
  readonly choiceIndex: number;
  readonly marks: ReadonlySet<string>;
}

const isChoice = ({ kind }: Question): boolean => kind === 'choice' || kind === 'choices';

function draftOf(question: Question | undefined): Draft {
  const suggestion = question?.suggestion ?? '';
  const suggested = suggestion.split(',');
  const first = question?.choices.findIndex(({ value }) => suggested.includes(value)) ?? 0;
  return {
    edit: editOf(suggestion),
    choiceIndex: Math.max(0, first),
    marks: new Set(question?.kind === 'choices' && suggestion !== '' ? suggested : []),
  };
}

const clampChoice = (question: Question | undefined, index: number): number =>
  Math.min(Math.max(index, 0), Math.max(0, (question?.choices.length ?? 0) - 1));

function toggled(
  question: Question | undefined,
  { marks, choiceIndex }: Draft,
): ReadonlySet<string> {
  const value = question?.choices[choiceIndex]?.value;
  const next = new Set(marks);
  if (value !== undefined && !next.delete(value)) next.add(value);
  return next;
}

/** Several choices in the order of the list, not in the order of marking. */
function answerOf({ kind, choices }: Question, { edit, choiceIndex, marks }: Draft): string {
  if (kind === 'choice') return choices[choiceIndex]?.value ?? '';
  if (kind === 'choices') {
    return choices
      .map(({ value }) => value)
      .filter((value) => marks.has(value))
      .join(',');
  }
  return textOf(edit).trim();
}
