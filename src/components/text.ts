import { sanitise } from '../model/sanitise.js';

/** What a piece of text means; the theme decides how it looks. */
export type Tone =
  | 'text'
  | 'strong'
  | 'muted'
  | 'faint'
  | 'accent'
  | 'active'
  | 'ok'
  | 'warn'
  | 'fail'
  | 'unknown'
  | 'wait'
  | 'alert';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One row of the screen, left to right. */
export type Line = readonly Span[];

/** Safe to show: what comes from outside loses its control sequences here. */
export const span = (text: string, tone: Tone = 'text'): Span => ({ text: sanitise(text), tone });

/** A line of one tone. */
export const line = (text: string, tone: Tone = 'text'): Line => [span(text, tone)];

export const BLANK: Line = [];

/** The words alone: what is copied, searched and asserted on. */
export const plainText = (spans: Line): string => spans.map(({ text }) => text).join('');
