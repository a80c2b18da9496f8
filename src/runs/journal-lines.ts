import { z } from 'zod';
import type { JournalLine } from './types.js';

const atMs = z.number();
const step = z.string();
const text = z.string();
const pid = z.number().int().positive();
const argv = z.array(text);
const order = z.object({
  method: z.enum(['POST', 'PUT', 'DELETE']),
  path: text,
  parameters: z.record(z.string(), text),
});

/** The note that ends a pause; others may be written during it. */
export const GOES_ON = 'Goes on.';

/** What is written by us, read back: after a crash or a full disk anything may stand there. */
const journalLine: z.ZodType<JournalLine> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    atMs,
    pid,
    processStart: text,
    host: text,
    resumed: z.boolean(),
  }),
  z.object({
    type: z.literal('gate'),
    atMs,
    id: text,
    state: z.enum(['green', 'red', 'unknown']),
    text,
  }),
  z.object({ type: z.literal('override'), atMs, gates: z.array(text), operator: text }),
  z.object({ type: z.literal('step'), atMs, step, title: text }),
  z.object({ type: z.literal('already-done'), atMs, step, evidence: text }),
  z.object({
    type: z.literal('intent'),
    atMs,
    step,
    command: text,
    argv: argv.exactOptional(),
    order: order.exactOptional(),
  }),
  z.object({ type: z.literal('pid'), atMs, step, pid, processStart: text }),
  z.object({
    type: z.literal('upid'),
    atMs,
    step,
    upid: text,
    exitStatus: text.exactOptional(),
  }),
  z.object({
    type: z.literal('exit'),
    atMs,
    step,
    exitCode: z.number().nullable(),
    durationMs: z.number(),
    argv,
    effect: z.enum(['read', 'change']),
  }),
  z.object({ type: z.literal('observed'), atMs, step, lastSeen: text }),
  z.object({ type: z.literal('note'), atMs, text }),
  z.object({ type: z.literal('done'), atMs, step, evidence: text }),
  z.object({
    type: z.literal('failed'),
    atMs,
    step: step.nullable(),
    error: text,
    hint: text,
    state: text,
    isRefused: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('paused'),
    atMs,
    reason: text,
    waitsFor: text,
    heldBy: z.enum(['operator', 'world']).exactOptional(),
    gate: z.object({ id: text, override: z.enum(['no', 'type', 'confirm']) }).exactOptional(),
  }),
  z.object({ type: z.literal('cancelled'), atMs, state: text, hint: text }),
  z.object({ type: z.literal('succeeded'), atMs, evidence: text }),
]);

export interface JournalReading {
  readonly lines: readonly JournalLine[];
  /** How much of the text was taken: an unfinished last line is left for the next time. */
  readonly takenLength: number;
}

/** Lines that cannot be understood are passed over; they never turn into success. */
export function readJournal(content: string): JournalReading {
  const takenLength = content.lastIndexOf('\n') + 1;
  const lines = content
    .slice(0, takenLength)
    .split('\n')
    .map(parseLine)
    .filter((line) => line !== null);
  return { lines, takenLength };
}

function parseLine(line: string): JournalLine | null {
  if (line === '') return null;
  try {
    return journalLine.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
