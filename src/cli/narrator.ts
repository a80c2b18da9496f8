import { formatDuration } from '../model/format.js';
import type { RunStepPlan } from '../model/run.js';
import { sanitise } from '../model/sanitise.js';
import type { JournalLine, RunRequest } from '../runs/types.js';
import { journalText } from './journal-text.js';

/** Tells a run as it happens: which step of how many, on what, and how long it takes against what is usual. */
export interface Narrator {
  /** Null: of no interest to people. */
  readonly tell: (line: JournalLine) => string | null;
  /** For a silence: what is waited for; null when nothing is. */
  readonly remind: (nowMs: number) => string | null;
}

interface Current {
  readonly step: RunStepPlan | null;
  readonly startedAtMs: number;
  readonly waitsFor: string;
}

export function createNarrator({
  steps,
  overrides,
}: Pick<RunRequest, 'steps' | 'overrides'>): Narrator {
  let current: Current | null = null;
  const overridden = new Set(overrides);

  const headline = (line: JournalLine & { readonly type: 'step' }): string => {
    const index = steps.findIndex(({ id }) => id === line.step);
    const step = steps[index] ?? null;
    current = { step, startedAtMs: line.atMs, waitsFor: '' };
    const place = step === null ? '' : `[${index + 1}/${steps.length}] `;
    const target = step?.target && !line.title.includes(step.target) ? `${step.target} · ` : '';
    const usual = step?.expectedMs ? ` · usually ${formatDuration(step.expectedMs)}` : '';
    return `${place}${target}${line.title}${usual}`;
  };

  return {
    tell(line) {
      switch (line.type) {
        case 'step':
          return sanitise(headline(line));
        case 'started':
          current = null;
          return journalText(line);
        case 'observed':
          if (current === null) return journalText(line);
          current = { ...current, waitsFor: line.lastSeen };
          return sanitise(`  ${elapsed(current, line.atMs)} · ${line.lastSeen}`);
        case 'done': {
          if (current === null) return journalText(line);
          const text = `  proved after ${elapsed(current, line.atMs)}: ${line.evidence}`;
          current = null;
          return sanitise(text);
        }
        case 'gate': {
          const text = journalText(line);
          return text !== null && overridden.has(line.id) ? `${text} (overridden)` : text;
        }
        case 'override':
          for (const id of line.gates) overridden.add(id);
          return journalText(line);
        case 'already-done':
        case 'failed':
        case 'cancelled':
        case 'succeeded':
          current = null;
          return journalText(line);
        case 'paused':
          if (current !== null) current = { ...current, waitsFor: `paused, ${line.waitsFor}` };
          return journalText(line);
        case 'note':
          if (current !== null) current = { ...current, waitsFor: '' };
          return journalText(line);
        default:
          return journalText(line);
      }
    },
    remind(nowMs) {
      if (current === null) return null;
      const { waitsFor } = current;
      return sanitise(`  ${elapsed(current, nowMs)}${waitsFor === '' ? '' : ` · ${waitsFor}`}`);
    },
  };
}

/** `40 s of about 2 min` */
function elapsed({ step, startedAtMs }: Current, nowMs: number): string {
  const text = formatDuration(Math.max(0, nowMs - startedAtMs));
  const usualMs = step?.expectedMs ?? null;
  return usualMs ? `${text} of about ${formatDuration(usualMs)}` : text;
}
