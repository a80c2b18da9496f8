import type { Io } from '../../src/lab/stand-ins/kubectl/io.js';

export interface RecordedIo {
  readonly io: Io;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly interrupt: (signal: NodeJS.Signals) => void;
  /** Resolves once stdout holds the text. */
  readonly said: (text: string) => Promise<void>;
}

/** What a program of the lab says, when it runs inside the test. */
export function recordedIo(
  options: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {},
): RecordedIo {
  let stdout = '';
  let stderr = '';
  let interrupt: (signal: NodeJS.Signals) => void = () => {};
  const waiting: { readonly text: string; readonly done: () => void }[] = [];
  return {
    io: {
      out: (text) => {
        stdout += text;
        for (const each of waiting) if (stdout.includes(each.text)) each.done();
      },
      err: (text) => {
        stderr += text;
      },
      stdin: async () => options.stdin ?? '',
      env: options.env ?? {},
      interrupted: () =>
        new Promise((resolve) => {
          interrupt = resolve;
        }),
    },
    stdout: () => stdout,
    stderr: () => stderr,
    interrupt: (signal) => interrupt(signal),
    said: (text) =>
      new Promise((done) => {
        if (stdout.includes(text)) done();
        else waiting.push({ text, done });
      }),
  };
}
