import { realNowMs } from '../../world/clock.js';
import { durationMs } from '../kubectl/duration.js';
import { Failure, isRefusedFor } from '../kubectl/failure.js';
import type { Session } from '../kubectl/session.js';
import type { CommandLine } from './arguments.js';
import { type Chart, loadChart, manifestsIn, renderChart } from './chart.js';
import { type Command, statusText } from './commands.js';
import { bringAbout, reasonOf, removeObjects, waitForAll } from './objects.js';
import { forgetRelease, type Release, revisionsOf, sessionOf, storeRelease } from './releases.js';
import { givenValues, merged, type Values } from './values.js';

const USUAL_LIMIT = '5m0s';

async function inSession<T>(
  { flags }: CommandLine,
  run: (session: Session, namespace: string) => Promise<T>,
): Promise<T> {
  const session = sessionOf(flags);
  try {
    return await run(session, flags.get('namespace') ?? session.target.namespace);
  } finally {
    session.close();
  }
}

const now = (): string => new Date(realNowMs()).toISOString();

const inState = (release: Release, status: string, description: string): Release => ({
  ...release,
  info: { ...release.info, status, description },
});

async function knownRevisions(line: CommandLine, name: string): Promise<readonly Release[]> {
  try {
    return await revisionsOf(line, name);
  } catch (error) {
    if (error instanceof Failure && error.message === 'Error: release: not found') return [];
    throw error;
  }
}

/** Everything that goes wrong is told as this command does. */
async function saying<T>(prefix: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure) || error.message.startsWith('Error: ')) throw error;
    throw new Failure(`Error: ${prefix}${reasonOf(error)}`);
  }
}

interface Order {
  readonly line: CommandLine;
  readonly session: Session;
  readonly base: Pick<Release, 'name' | 'namespace' | 'version'>;
  readonly chart: Chart;
  readonly config: Values;
  readonly firstDeployed: string | undefined;
}

function drafted({ base, chart, config, firstDeployed }: Order): Release {
  const { manifest, notes } = renderChart(chart, base, merged(chart.values, config));
  const at = now();
  return {
    ...base,
    config,
    manifest,
    info: {
      first_deployed: firstDeployed ?? at,
      last_deployed: at,
      description: '',
      status: 'unknown',
      notes,
    },
    chart: { metadata: chart.metadata },
  };
}

interface Outcome {
  readonly pending: string;
  readonly doing: string;
  readonly done: string;
  readonly failed: (reason: string) => string;
}

/** Stored as pending first, so that others see it, and one that is killed leaves that behind. */
async function carryOut(
  { flags }: CommandLine,
  session: Session,
  draft: Release,
  before: Release | undefined,
  outcome: Outcome,
): Promise<Release> {
  await storeRelease(session, inState(draft, outcome.pending, outcome.doing));
  const after = manifestsIn(draft.manifest ?? '');
  try {
    await bringAbout(session, draft, manifestsIn(before?.manifest ?? ''), after);
    if (flags.has('wait') && flags.get('wait') !== 'false') {
      const limitMs = durationMs(flags.get('timeout') ?? USUAL_LIMIT, 'timeout', 'helm upgrade');
      await waitForAll(session, draft, after, limitMs);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await storeRelease(session, inState(draft, 'failed', outcome.failed(reasonOf(error))));
    throw error;
  }
  if (before !== undefined) {
    await storeRelease(session, { ...before, info: { ...before.info, status: 'superseded' } });
  }
  const release = inState(draft, 'deployed', outcome.done);
  await storeRelease(session, release);
  return release;
}

/** `install NAME CHART` */
export const install: Command = (line) =>
  saying('INSTALLATION FAILED: ', () =>
    inSession(line, async (session, namespace) => {
      const [, name = '', reference = ''] = line.words;
      const chart = await loadChart(reference, line.flags.get('version'));
      const config = await givenValues(line);
      const known = (await knownRevisions(line, name)).at(-1);
      if (known !== undefined && !['uninstalled', 'failed'].includes(known.info.status)) {
        throw new Failure('cannot re-use a name that is still in use');
      }
      if (line.flags.has('create-namespace')) await createNamespace(session, namespace);
      const base = { name, namespace, version: (known?.version ?? 0) + 1 };
      const draft = drafted({ line, session, base, chart, config, firstDeployed: undefined });
      const release = await carryOut(line, session, draft, undefined, {
        pending: 'pending-install',
        doing: 'Initial install underway',
        done: 'Install complete',
        failed: (reason) => `Release ${JSON.stringify(name)} failed: ${reason}`,
      });
      return statusText(release);
    }),
  );

async function createNamespace(session: Session, name: string): Promise<void> {
  try {
    await session.json('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { name } },
    });
  } catch (error) {
    if (!isRefusedFor(error, 'AlreadyExists')) throw error;
  }
}

/** `upgrade [--install] NAME CHART` */
export const upgrade: Command = async (line) => {
  const [, name = ''] = line.words;
  const known = await knownRevisions(line, name);
  if (known.length === 0 && line.flags.has('install')) {
    return `Release ${JSON.stringify(name)} does not exist. Installing it now.\n${await install(line)}`;
  }
  return saying('UPGRADE FAILED: ', () => inSession(line, (session) => next(line, session, known)));
};

async function next(
  line: CommandLine,
  session: Session,
  known: readonly Release[],
): Promise<string> {
  const [, name = '', reference = ''] = line.words;
  const chart = await loadChart(reference, line.flags.get('version'));
  const given = await givenValues(line);
  const deployed = known.findLast(({ info }) => info.status === 'deployed');
  const last = known.at(-1);
  checkIdle(last);
  const before = deployed ?? (last?.info.status === 'failed' ? last : undefined);
  if (last === undefined || before === undefined) {
    throw new Failure(`${JSON.stringify(name)} has no deployed releases`);
  }
  const draft = drafted({
    line,
    session,
    base: { name, namespace: last.namespace, version: last.version + 1 },
    chart,
    config: configFor(line, given, before.config ?? {}),
    firstDeployed: last.info.first_deployed,
  });
  const release = await carryOut(line, session, draft, before, {
    pending: 'pending-upgrade',
    doing: 'Preparing upgrade',
    done: 'Upgrade complete',
    failed: (reason) => `Upgrade ${JSON.stringify(name)} failed: ${reason}`,
  });
  return `Release ${JSON.stringify(name)} has been upgraded. Happy Helming!\n${statusText(release)}`;
}

/** helm@3: without new values the old ones stay. */
function configFor({ flags }: CommandLine, given: Values, old: Values): Values {
  if (flags.has('reset-values')) return given;
  if (flags.has('reuse-values')) return merged(old, given);
  return Object.keys(given).length === 0 ? old : given;
}

function checkIdle(last: Release | undefined): void {
  if (last?.info.status.startsWith('pending-')) {
    throw new Failure('another operation (install/upgrade/rollback) is in progress');
  }
}

/** `rollback NAME [REVISION]` */
export const rollback: Command = (line) =>
  saying('', () =>
    inSession(line, async (session) => {
      const [, name = '', wanted] = line.words;
      const known = await revisionsOf(line, name);
      const last = known.at(-1);
      const number = Number(wanted ?? (last?.version ?? 1) - 1);
      const target = known.find(({ version }) => version === number);
      if (last === undefined || target === undefined) {
        throw new Failure('release has no 0 version');
      }
      const at = now();
      const draft = {
        ...target,
        version: last.version + 1,
        info: { ...target.info, first_deployed: last.info.first_deployed, last_deployed: at },
      };
      await carryOut(line, session, draft, last, {
        pending: 'pending-rollback',
        doing: `Rollback to ${number}`,
        done: `Rollback to ${number}`,
        failed: (reason) => `Rollback ${JSON.stringify(name)} failed: ${reason}`,
      });
      return 'Rollback was a success! Happy Helming!\n';
    }),
  );

/** `uninstall NAME…` */
export const uninstall: Command = (line) =>
  saying('', () =>
    inSession(line, async (session) => {
      const said: string[] = [];
      for (const name of line.words.slice(1)) {
        const known = await knownRevisions(line, name);
        const last = known.at(-1);
        if (last === undefined) {
          throw new Failure(`uninstall: Release not loaded: ${name}: release: not found`);
        }
        await removeObjects(session, last, manifestsIn(last.manifest ?? ''));
        for (const release of known) await forgetRelease(session, release);
        said.push(`release ${JSON.stringify(name)} uninstalled\n`);
      }
      return said.join('');
    }),
  );
