import type { RunId } from '../model/ids.js';
import { quoteArgv } from './quote.js';
import type { JournalLine, RunRequest } from './types.js';

/** A commented shell script of the changes that a run made, for papers and for doing it again by hand. */
export function exportScript(
  id: RunId,
  request: RunRequest,
  journal: readonly JournalLine[],
): string {
  const head = [
    '#!/bin/sh',
    `# ${comment(request.summary)}`,
    `# cluster ${comment(request.cluster)}, run ${id}, by ${comment(request.operator)}, ${isoTime(request.createdAtMs)}`,
    '# What was executed, in order. It does not look before it acts: read it before you run it.',
    'set -eu',
  ];
  return `${[...head, ...journal.flatMap(scriptLines)].join('\n')}\n`;
}

function scriptLines(line: JournalLine): readonly string[] {
  switch (line.type) {
    case 'step':
      return ['', `# ${comment(line.title)}`];
    case 'already-done':
      return [`# already done: ${comment(line.evidence)}`];
    case 'intent':
      return line.argv === undefined
        ? [`# by talos-tui itself: ${comment(line.command)}`]
        : [...standardInputNote(line.argv), quoteArgv(line.argv)];
    case 'exit':
      return line.exitCode === 0 ? [] : [`# ended with code ${line.exitCode ?? 'none'}`];
    case 'done':
      return [`# proof: ${comment(line.evidence)}`];
    case 'failed':
      return [`# failed: ${comment(line.error)}`];
    case 'cancelled':
      return [`# cancelled: ${comment(line.state)}`];
    default:
      return [];
  }
}

const standardInputNote = (argv: readonly string[]): readonly string[] =>
  argv.at(-1) === '-'
    ? ['# Standard input was the object that had been checked; it is not kept.']
    : [];

/** One line, whatever the text came from: a line break would end the comment and begin a command. */
const comment = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');

const isoTime = (atMs: number): string => new Date(atMs).toISOString();
