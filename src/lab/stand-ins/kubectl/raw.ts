import { readFileSync } from 'node:fs';
import type { CommandLine } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { openSession, type Session } from './session.js';

/** `get --raw PATH`: the server's bytes as they come, also of a watch. @throws Failure */
export async function getRaw({ flags, positional }: CommandLine, io: Io): Promise<number> {
  if (positional.length > 0) {
    throw new Failure('error: arguments may not be passed when --raw is specified');
  }
  const path = rawPath(flags.get('raw') ?? '');
  const session = openSession(flags, io);
  return copy(session, 'GET', path, undefined, io);
}

const METHODS: Readonly<Record<string, string>> = {
  create: 'POST',
  delete: 'DELETE',
  replace: 'PUT',
};

/** `create`, `replace` and `delete --raw PATH -f FILE`; `-` is standard input. @throws Failure */
export async function sendRaw({ command, flags }: CommandLine, io: Io): Promise<number> {
  const file = flags.get('filename');
  const path = rawPath(flags.get('raw') ?? '');
  const session = openSession(flags, io);
  const body = file === undefined ? undefined : file === '-' ? await io.stdin() : readBody(file);
  return copy(session, METHODS[command] ?? 'GET', path, body, io);
}

function readBody(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Failure(`error: open ${file}: no such file or directory`);
  }
}

function rawPath(path: string): string {
  if (path.startsWith('/')) return path;
  throw new Failure(
    `error: --raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`,
  );
}

async function copy(
  session: Session,
  method: string,
  path: string,
  body: string | undefined,
  io: Io,
): Promise<number> {
  try {
    const answer = await session.stream(method, path, body);
    answer.setEncoding('utf8');
    for await (const chunk of answer) io.out(String(chunk));
    return 0;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('error: unexpected EOF');
  } finally {
    session.close();
  }
}
