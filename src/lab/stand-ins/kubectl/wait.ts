import { setTimeout as pause } from 'node:timers/promises';
import { type CommandLine, isOn } from './arguments.js';
import { discover } from './discovery.js';
import { durationMs } from './duration.js';
import { Failure, isRefusedFor } from './failure.js';
import type { Io } from './io.js';
import { findObjects } from './objects.js';
import type { KubeItem } from './printing.js';
import { openSession, type Session } from './session.js';
import { printedName, type Wanted, wantedOf } from './wanted.js';

/** kubectl watches; it comes to the same. */
const POLL_MS = 100;
const DEFAULT_TIMEOUT = '30s';

interface Conditioned extends KubeItem {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** null: the object is not there. */
type Test = (object: KubeItem | null) => boolean;

/** `wait TYPE/NAME --for=condition=C[=V] | delete | create | jsonpath={.path}[=V]`. @throws Failure */
export async function waitFor({ flags, positional }: CommandLine, io: Io): Promise<number> {
  const limitMs = durationMs(flags.get('timeout') ?? DEFAULT_TIMEOUT, 'timeout', 'wait');
  const wish = flags.get('for') ?? '';
  const test = testOf(wish);
  const session = openSession(flags, io);
  try {
    await discover(session, flags, io);
    const deadline = performance.now() + limitMs;
    let code = 0;
    for (const wanted of await allWanted(positional, flags, session)) {
      try {
        const isMissing = !(await waitForOne(wanted, wish, test, deadline, { flags, session }));
        if (!isMissing) {
          io.out(`${printedName(wanted.type)}/${wanted.name} condition met\n`);
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        io.err(`${error.message}\n`);
        code = 1;
      }
    }
    return code;
  } finally {
    session.close();
  }
}

async function allWanted(
  words: readonly string[],
  flags: CommandLine['flags'],
  session: Session,
): Promise<readonly Wanted[]> {
  const all: Wanted[] = [];
  for (const wanted of await wantedOf(words, session)) {
    if (wanted.name !== undefined) {
      all.push(wanted);
      continue;
    }
    if (!isOn(flags, 'all') && !flags.has('selector')) {
      throw new Failure('error: resource(s) were provided, but no name was specified');
    }
    const found = await findObjects(flags, session, wanted);
    all.push(...found.map(({ type, item }) => ({ type, name: item.metadata.name })));
  }
  return all;
}

/** @returns false when what was to be deleted never was there: kubectl then says nothing. */
async function waitForOne(
  wanted: Wanted,
  wish: string,
  test: Test,
  deadline: number,
  { flags, session }: { readonly flags: CommandLine['flags']; readonly session: Session },
): Promise<boolean> {
  for (let isFirst = true; ; isFirst = false) {
    const object = await objectNow(wanted, flags, session, isFirst && !isAboutExistence(wish));
    if (isFirst && object === null && wish === 'delete') return false;
    if (test(object)) return true;
    if (performance.now() >= deadline) {
      throw new Failure(
        `error: timed out waiting for the condition on ${wanted.type.plural}/${wanted.name}`,
      );
    }
    await pause(POLL_MS);
  }
}

const isAboutExistence = (wish: string): boolean => wish === 'delete' || wish === 'create';

async function objectNow(
  wanted: Wanted,
  flags: CommandLine['flags'],
  session: Session,
  mustExist: boolean,
): Promise<KubeItem | null> {
  try {
    const [found] = await findObjects(flags, session, wanted);
    return found?.item ?? null;
  } catch (error) {
    if (!mustExist && isRefusedFor(error, 'NotFound')) return null;
    throw error;
  }
}

/** @throws Failure */
function testOf(wish: string): Test {
  if (wish === 'delete') return (object) => object === null;
  if (wish === 'create') return (object) => object !== null;
  const [kind = '', ...rest] = wish.split('=');
  const text = rest.join('=');
  if (kind === 'condition') {
    const [type = '', value = 'true'] = text.split('=');
    return (object) =>
      (object as Conditioned | null)?.status?.conditions?.some(
        (condition) =>
          condition.type.toLowerCase() === type.toLowerCase() &&
          condition.status.toLowerCase() === value.toLowerCase(),
      ) === true;
  }
  const [, path = '', value] = /^\{?\.?([^}=]*)\}?(?:=(.*))?$/.exec(text) ?? [];
  if (kind === 'jsonpath' && path !== '') {
    return (object) => {
      const found = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
      return value === undefined ? found !== undefined : String(found) === value;
    };
  }
  throw new Failure(`error: unrecognized condition: ${JSON.stringify(wish)}`);
}
