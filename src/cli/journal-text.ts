import { formatDuration } from '../model/format.js';
import { sanitise } from '../model/sanitise.js';
import { sentences } from '../model/sentence.js';
import { unreachable } from '../model/unreachable.js';
import type { JournalLine } from '../runs/types.js';
import { EXIT, type ExitCode } from './exit-code.js';

/** One journal line for people; null: of no interest to them. */
export function journalText(line: JournalLine): string | null {
  const text = plainText(line);
  return text === null ? null : sanitise(text);
}

function plainText(line: JournalLine): string | null {
  switch (line.type) {
    case 'started':
      return `${line.resumed ? 'resumed' : 'started'} on ${line.host}, process ${line.pid}`;
    case 'gate':
      return line.state === 'green' ? null : `${line.id} ${line.state}: ${line.text}`;
    case 'override':
      return `${line.operator} overrides ${line.gates.join(', ')}`;
    case 'step':
      return `> ${line.title}`;
    case 'already-done':
      return `  already done: ${line.evidence}`;
    case 'intent':
      return `  $ ${line.command}`;
    case 'pid':
      return null;
    case 'upid':
      return `  Proxmox task ${line.upid}${line.exitStatus === undefined ? '' : ` ended: ${line.exitStatus}`}`;
    case 'exit':
      return line.effect === 'read' && line.exitCode === 0
        ? null
        : `  ${exitText(line.exitCode)} after ${formatDuration(line.durationMs)}`;
    case 'observed':
      return `  waiting: ${line.lastSeen}`;
    case 'note':
      return `  ${line.text}`;
    case 'done':
      return `  proved: ${line.evidence}`;
    case 'failed':
      return `failed: ${sentences(sentences(line.error, line.hint), `State: ${line.state}`)}`;
    case 'paused':
      return `paused: ${sentences(line.reason, `Waits for: ${line.waitsFor}`)}`;
    case 'cancelled':
      return `cancelled: ${sentences(line.state, line.hint)}`;
    case 'succeeded':
      return `done: ${line.evidence}`;
    default:
      return unreachable(line);
  }
}

/** Of a command that was stopped, or that outlived the process that started it, nobody knows the code. */
const exitText = (exitCode: number | null): string =>
  exitCode === null ? 'ended without an exit code' : `exit ${exitCode}`;

/** How the command ends when this is the last line of a run; null while it goes on. */
export function exitCodeOfLine(line: JournalLine): ExitCode | null {
  switch (line.type) {
    case 'succeeded':
      return EXIT.ok;
    case 'failed':
      return line.isRefused === true ? EXIT.refused : EXIT.failed;
    case 'cancelled':
      return EXIT.cancelled;
    default:
      return null;
  }
}
