import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { format } from 'node:util';
import { makeDirectory } from '../../clients/make-directory.js';

export interface ConsoleLog {
  readonly write: (text: string) => void;
  /** Sends console.* and stderr of every library to the file. @returns undo. */
  readonly redirect: (stderr: NodeJS.WriteStream) => () => void;
}

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;

/** A stray line of a library on a full-screen frame tears it (ink.md §1, patchConsole): it goes to a file. */
export function createConsoleLog(file: string, nowMs: () => number): ConsoleLog {
  const write = (text: string): void => {
    try {
      makeDirectory(dirname(file));
      appendFileSync(file, `${new Date(nowMs()).toISOString()} ${text.trimEnd()}\n`, {
        mode: 0o600,
      });
    } catch {
      // A log that cannot be written must not end the console; the screen says what matters.
    }
  };

  return {
    write,
    redirect(stderr) {
      const undoConsole = METHODS.map((method) => {
        const original = console[method];
        console[method] = (...words: unknown[]) => write(`${method}: ${format(...words)}`);
        return () => {
          console[method] = original;
        };
      });
      const undoStderr = stderr.isTTY ? catchWrites(stderr, write) : () => {};
      return () => {
        for (const undo of undoConsole) undo();
        undoStderr();
      };
    },
  };
}

function catchWrites(stream: NodeJS.WriteStream, write: (text: string) => void): () => void {
  const original = stream.write;
  const caught = (
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const finished = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    finished?.();
    return true;
  };
  stream.write = caught;
  return () => {
    stream.write = original;
  };
}
