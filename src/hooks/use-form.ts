import { useState } from 'react';
import type { Action, Answers, Form, Question } from '../actions/types.js';
import { sentences } from '../model/sentence.js';
import {
  answerOf,
  choiceIndex,
  type Draft,
  draftOf,
  isChoice,
  moveChoice,
  problemOf,
  toggleAll,
  toggleChoice,
} from './form-draft.js';
import {
  cursorToEnd,
  cursorToStart,
  editOf,
  eraseBefore,
  eraseUnder,
  insert,
  moveCursor,
  type TextEdit,
} from './text-edit.js';
import { useUi } from './ui.js';
import { openAction } from './use-actions.js';
import { useKeys } from './use-keys.js';
import { useWiring } from './wiring.js';

export interface FormView {
  readonly question: Question;
  readonly number: number;
  readonly count: number;
  readonly edit: TextEdit;
  readonly choiceIndex: number;
  readonly marks: ReadonlySet<string>;
  /** Why the last answer was not taken; null while there is nothing to say. */
  readonly problem: string | null;
  /** What was answered before, in this form: `Which nodes: w-4`. */
  readonly answered: readonly string[];
}

const NOTHING = editOf('');

export const CHOICES_ON_PAGE = 12;

export interface Asked {
  readonly action: Action;
  readonly form: Form;
  /** What was known before the form. */
  readonly earlier: Answers;
  /** What was answered when it was asked the last time. */
  readonly tried: Answers;
  /** What the cursor of the screen is on. */
  readonly underCursor?: Answers | undefined;
  /** Absent: the action is planned with what was answered, and giving up closes everything. */
  readonly ends?: FormEnds;
}

interface FormEnds {
  readonly answered: (answers: Answers) => void;
  readonly givenUp: () => void;
}

/** Asks one question after the other; after the last one the action is planned again, unless `ends` says else. */
export function useForm({
  action,
  form,
  earlier,
  tried,
  underCursor,
  ends,
}: Asked): FormView | null {
  const wiring = useWiring();
  const ui = useUi();
  const [number, setNumber] = useState(0);
  const [given, setGiven] = useState<Answers>({});
  const [draft, setDraft] = useState(() =>
    draftOf(form.questions[0], { ...earlier, ...tried }, underCursor),
  );
  const [problem, setProblem] = useState<string | null>(null);
  const question = form.questions[number];
  const change = (next: (draft: Draft) => Draft) => {
    setProblem(null);
    setDraft(next);
  };

  const next = (): void => {
    if (question === undefined) return;
    const answer = answerOf(question, draft);
    const found = problemOf(question, answer);
    if (found !== null) {
      setProblem(found);
      return;
    }
    const answers = { ...given, [question.name]: answer };
    if (number + 1 < form.questions.length) {
      setGiven(answers);
      show(number + 1, answers);
      return;
    }
    if (ends !== undefined) {
      ends.answered(answers);
      return;
    }
    const all = { ...earlier, ...answers };
    const planned = wiring.plan(action, all);
    if (planned.kind === 'refusal' && planned.isUsage === true) {
      const text = sentences(planned.reason, planned.hint);
      // A wrong answer is told at the question that it names, or at the last one.
      const index = form.questions.findIndex(({ name }) => text.includes(name));
      show(index < 0 ? number : index, answers);
      setProblem(text);
    } else {
      openAction(wiring, ui, { action, answers: all, tried: all, before: earlier });
    }
  };
  const show = (index: number, answers: Answers): void => {
    setNumber(index);
    setDraft(draftOf(form.questions[index], { ...earlier, ...tried, ...answers }, underCursor));
  };
  const close = ends?.givenUp ?? (() => ui.modal.update(() => null));
  useFormKeys(question, { next, close }, change);

  if (question === undefined) return null;
  return {
    question,
    number: number + 1,
    count: form.questions.length,
    edit: draft.edit,
    choiceIndex: choiceIndex(question, draft),
    marks: draft.marks,
    problem: problem ?? question.problem,
    answered: form.questions.slice(0, number).map((each) => answeredText(each, given)),
  };
}

function answeredText({ name, label, choices }: Question, given: Answers): string {
  const answer = given[name] ?? '';
  const words =
    choices.find(({ value }) => value === answer)?.label ?? answer.replaceAll(',', ', ');
  return `${label.replace(/\?$/, '')}: ${words}`;
}

function useFormKeys(
  question: Question | undefined,
  ends: { readonly next: () => void; readonly close: () => void },
  change: (next: (draft: Draft) => Draft) => void,
): void {
  const isText = question !== undefined && !isChoice(question);
  const edit = (next: (edit: TextEdit) => TextEdit) => () =>
    change((from) => ({ ...from, edit: next(from.edit) }));
  const choose = (step: number) => () => change((from) => moveChoice(question, from, step));
  const type = (text: string) => edit((from) => insert(from, text))();

  useKeys(
    'form',
    {
      ...ends,
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
    'choiceList',
    {
      first: choose(Number.NEGATIVE_INFINITY),
      last: choose(Number.POSITIVE_INFINITY),
      pageDown: choose(CHOICES_ON_PAGE),
      pageUp: choose(-CHOICES_ON_PAGE),
    },
    { isActive: question !== undefined && !isText },
  );
  useKeys(
    'choices',
    {
      toggle: () => change((from) => toggleChoice(question, from)),
      all: () => change((from) => toggleAll(question, from)),
    },
    { isActive: question?.kind === 'choices' },
  );
}
