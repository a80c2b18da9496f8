import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { CommandLine } from './arguments.js';
import { discover } from './discovery.js';
import { dryRunOf, dryRunQuery } from './dry-run.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { findObjects, printDone } from './objects.js';
import type { KubeItem } from './printing.js';
import { openSession } from './session.js';
import { pathOf, queryText, wantedOf } from './wanted.js';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** `patch TYPE NAME -p PATCH --type=KIND`. @throws Failure */
export async function patch({ flags, positional }: CommandLine, io: Io): Promise<number> {
  const kind = (flags.get('type') ?? 'strategic').toLowerCase();
  const sent = CONTENT_TYPES[kind];
  const text = flags.get('patch');
  if (text === undefined)
    throw new Failure(
      'error: must specify --patch or --patch-file containing the contents of the patch',
    );
  if (sent === undefined) {
    throw new Failure(
      `error: --type must be one of [json merge strategic], not ${JSON.stringify(flags.get('type'))}`,
    );
  }
  const dryRun = dryRunOf(flags, io);
  const session = openSession(flags, io);
  try {
    await discover(session, flags, io);
    const wish = parsed(text);
    let code = 0;
    for (const wanted of await wantedOf(positional, session)) {
      if (wanted.name === undefined) {
        throw new Failure('error: resource(s) were provided, but no name was specified');
      }
      try {
        const [before] = await findObjects(flags, session, wanted);
        const sub = flags.get('subresource');
        const query = queryText({
          ...dryRunQuery(dryRun),
          fieldManager: flags.get('field-manager') ?? 'kubectl-patch',
        });
        const path = pathOf(flags, session, wanted) + (sub === undefined ? '' : `/${sub}`) + query;
        const after = (await session.json('PATCH', path, wish, { sent })) as KubeItem;
        const isChange = !isDeepStrictEqual(before?.item, after);
        // Unlike the others it says nothing of a dry run.
        const done = `patched${isChange ? '' : ' (no change)'}`;
        printDone({ type: wanted.type, item: after }, done, flags, io);
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

function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    const [reason = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new Failure(`error: unable to parse ${JSON.stringify(text)}: yaml: ${reason}`);
  }
}
