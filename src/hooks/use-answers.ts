import { useState } from 'react';
import { ALL } from '../actions/all.js';
import type { Answers, Question } from '../actions/types.js';
import { sentences } from '../model/sentence.js';
import { isChoice } from './form-draft.js';
import { useUi } from './ui.js';
import { type ActionRequest, openAction } from './use-actions.js';
import type { Asked } from './use-form.js';
import { useKeys } from './use-keys.js';
import { useWiring } from './wiring.js';

export interface AnswerRow {
  readonly question: Question;
  /** What holds, in words; empty: nothing is set. */
  readonly text: string;
  /** The operator said so; otherwise it holds by itself. */
  readonly isSaid: boolean;
}

export interface AnswersView {
  readonly rows: readonly AnswerRow[];
  readonly index: number;
  /** Why these answers make no plan; null while that is not known. */
  readonly problem: string | null;
  /** The selected answer, while it is being given. */
  readonly asked: Asked | null;
}

/** All answers of an action at once: each can be changed, and then the action is planned again. */
export function useAnswers(
  { action, answers: before }: Pick<ActionRequest, 'action' | 'answers'>,
  back: () => void,
): AnswersView {
  const wiring = useWiring();
  const ui = useUi();
  const [answers, setAnswers] = useState(before);
  const [wanted, setWanted] = useState(() => firstUnsaid(wiring.options(action, before), before));
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const questions = wiring.options(action, answers);
  const index = Math.min(wanted, questions.length - 1);
  const question = questions[index];

  const take = (next: Answers): void => {
    setAnswers(next);
    setProblem(null);
    setIsAsking(false);
  };
  const plan = (): void => {
    if (isSame(answers, before)) {
      back();
      return;
    }
    const planned = wiring.plan(action, answers);
    if (planned.kind === 'refusal' && planned.isUsage === true) {
      const text = sentences(planned.reason, planned.hint);
      const named = questions.findIndex(({ name }) => isNamedIn(text, name));
      if (named >= 0) setWanted(named);
      setProblem(text);
      return;
    }
    back();
    openAction(wiring, ui, { action, answers, tried: {}, before: null });
  };
  useKeys(
    'answers',
    {
      plan,
      change: () => setIsAsking(true),
      unset: () => take(without(answers, question?.name ?? '')),
      back,
      down: () => setWanted(Math.min(index + 1, questions.length - 1)),
      up: () => setWanted(Math.max(index - 1, 0)),
      first: () => setWanted(0),
      last: () => setWanted(questions.length - 1),
    },
    { isActive: !isAsking },
  );

  return {
    rows: questions.map((each) => rowOf(each, answers)),
    index,
    problem,
    asked:
      isAsking && question !== undefined
        ? {
            action,
            form: { kind: 'form', title: action.title, questions: [question] },
            earlier: {},
            tried: { [question.name]: spelledOut(question, heldBy(question, answers)) },
            ends: {
              answered: ({ [question.name]: answer = '' }) =>
                take(
                  answer === ''
                    ? without(answers, question.name)
                    : { ...answers, [question.name]: answer },
                ),
              givenUp: () => setIsAsking(false),
            },
          }
        : null,
  };
}

/** What was not said yet is what one comes for. */
const firstUnsaid = (questions: readonly Question[], answers: Answers): number =>
  Math.max(
    0,
    questions.findIndex(({ name }) => !(name in answers)),
  );

const isNamedIn = (text: string, name: string): boolean =>
  text.split(/[^a-z]+/i).some((word) => word === name);

const heldBy = ({ name, suggestion }: Question, answers: Answers): string =>
  answers[name] ?? suggestion;

/** `all` marks every choice. */
const spelledOut = ({ kind, choices }: Question, text: string): string =>
  kind === 'choices' && text === ALL ? choices.map(({ value }) => value).join(',') : text;

const without = (answers: Answers, name: string): Answers =>
  Object.fromEntries(Object.entries(answers).filter(([each]) => each !== name));

const isSame = (one: Answers, other: Answers): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    (name) => one[name] === other[name],
  );

function rowOf(question: Question, answers: Answers): AnswerRow {
  const held = heldBy(question, answers);
  const label = question.choices.find(({ value }) => value === held)?.label;
  return {
    question,
    text: isChoice(question) && label !== undefined ? label : held.replaceAll(',', ', '),
    isSaid: question.name in answers,
  };
}
