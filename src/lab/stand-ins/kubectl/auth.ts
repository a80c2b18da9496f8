import { type CommandLine, isOn } from './arguments.js';
import { discover } from './discovery.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { openSession, type Session } from './session.js';
import { typeFinder } from './types.js';

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

interface Review {
  readonly status: { readonly allowed: boolean; readonly reason?: string };
}

/** `auth can-i VERB TYPE[/NAME]` or `VERB /path`: code 1 when one may not. @throws Failure */
export async function auth({ flags, positional }: CommandLine, io: Io): Promise<number> {
  const [command, verb, what] = positional;
  if (command !== 'can-i') throw new Failure("error: the lab's kubectl knows auth can-i only");
  if (verb === undefined || what === undefined) {
    throw new Failure(
      "error: you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  }
  const session = openSession(flags, io);
  try {
    const spec = what.startsWith('/')
      ? { nonResourceAttributes: { verb, path: what } }
      : { resourceAttributes: await attributes(verb, what, flags, session, io) };
    const { status } = (await session.json('POST', REVIEWS, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec,
    })) as Review;
    const reason = status.reason === undefined || status.reason === '' ? '' : ` - ${status.reason}`;
    if (!isOn(flags, 'quiet')) io.out(status.allowed ? 'yes\n' : `no${reason}\n`);
    return status.allowed ? 0 : 1;
  } finally {
    session.close();
  }
}

async function attributes(
  verb: string,
  what: string,
  flags: CommandLine['flags'],
  session: Session,
  io: Io,
): Promise<Readonly<Record<string, string>>> {
  await discover(session, flags, io);
  const [word = '', name] = what.split('/');
  const subresource = flags.get('subresource');
  const isEverywhere = isOn(flags, 'all-namespaces');
  const known = await typeFinder(session)(word).catch((error: unknown) => {
    if (error instanceof Failure) return null;
    throw error;
  });
  if (known === null) {
    io.err(`Warning: the server doesn't have a resource type '${word}'\n\n`);
  } else if (!known.isNamespaced && !isEverywhere) {
    const group = known.group === '' ? '' : ` in group '${known.group}'`;
    io.err(`Warning: resource '${known.plural}' is not namespace scoped${group}\n\n`);
  }
  return {
    verb,
    resource: known?.plural ?? word,
    group: known?.group ?? '',
    ...(isEverywhere ? {} : { namespace: flags.get('namespace') ?? session.target.namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
