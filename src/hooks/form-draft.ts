import type { Answers, Question } from '../actions/types.js';
import { editOf, type TextEdit, textOf } from './text-edit.js';

/** What was entered so far for one question. */
export interface Draft {
  readonly edit: TextEdit;
  /** The choice with the cursor; null: the first. By value, for choices may be told anew while they are looked at. */
  readonly at: string | null;
  readonly marks: ReadonlySet<string>;
  /** Without marks the choice under the cursor is meant, as it was in the list that one comes from. */
  readonly isCursorMeant: boolean;
}

export const isChoice = ({ kind }: Question): boolean => kind === 'choice' || kind === 'choices';

/** Begins with what was answered before, else with the suggestion; the cursor on what it was on in the list. */
export function draftOf(
  question: Question | undefined,
  tried: Answers,
  underCursor: Answers = {},
): Draft {
  if (question === undefined) {
    return { edit: editOf(''), at: null, marks: new Set(), isCursorMeant: false };
  }
  const text = tried[question.name] ?? question.suggestion;
  const suggested = text.split(',');
  const first = question.choices.find(({ value }) => suggested.includes(value));
  const meant = question.choices.find(({ value }) => value === underCursor[question.name]);
  return {
    edit: editOf(text),
    at: (first ?? meant)?.value ?? null,
    isCursorMeant: meant !== undefined,
    marks: new Set(
      question.kind === 'choices'
        ? question.choices.map(({ value }) => value).filter((value) => suggested.includes(value))
        : [],
    ),
  };
}

export const choiceIndex = ({ choices }: Question, { at }: Draft): number =>
  Math.max(
    0,
    choices.findIndex(({ value }) => value === at),
  );

export function moveChoice(question: Question | undefined, draft: Draft, step: number): Draft {
  if (question === undefined) return draft;
  const last = question.choices.length - 1;
  const index = Math.min(Math.max(choiceIndex(question, draft) + step, 0), last);
  return { ...draft, at: question.choices[index]?.value ?? null };
}

export function toggleChoice(question: Question | undefined, draft: Draft): Draft {
  const value = question?.choices[choiceIndex(question, draft)]?.value;
  if (value === undefined) return draft;
  const marks = new Set(draft.marks);
  if (!marks.delete(value)) marks.add(value);
  return { ...draft, marks };
}

/** All of them; none when all are marked. */
export function toggleAll(question: Question | undefined, draft: Draft): Draft {
  const values = question?.choices.map(({ value }) => value) ?? [];
  const isWhole = values.every((value) => draft.marks.has(value));
  return { ...draft, marks: new Set(isWhole ? [] : values) };
}

/** Several choices in the order of the list, not in the order of marking. */
export function answerOf(question: Question, draft: Draft): string {
  switch (question.kind) {
    case 'choice':
      return question.choices[choiceIndex(question, draft)]?.value ?? '';
    case 'choices': {
      const marked = question.choices.filter(({ value }) => draft.marks.has(value));
      const meant = question.choices.slice(choiceIndex(question, draft)).slice(0, 1);
      const taken = marked.length === 0 && draft.isCursorMeant ? meant : marked;
      return taken.map(({ value }) => value).join(',');
    }
    default:
      return textOf(draft.edit).trim();
  }
}

const NUMBER = /^\d+(\.\d+)?$/;

/** What can be told without planning; everything else is the plan's to judge. */
export function problemOf(question: Question, answer: string): string | null {
  if (question.kind === 'choices' && answer === '') return 'Mark at least one with Space.';
  if (question.kind === 'number' && !NUMBER.test(answer)) return 'Type a number, such as 40.';
  return null;
}
