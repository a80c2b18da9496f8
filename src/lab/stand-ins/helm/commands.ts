import { Failure } from '../kubectl/failure.js';
import { kubeYaml } from '../kubectl/yaml.js';
import type { CommandLine } from './arguments.js';
import { chartOf, goRfc3339, type Release, releases, revisionsOf } from './releases.js';

/** What helm prints at most of a history. */
const HISTORY_ROWS = 256;

/** @returns what goes to stdout. @throws Failure */
export type Command = (line: CommandLine) => Promise<string>;

const isJson = ({ flags }: CommandLine): boolean => flags.get('output') === 'json';

/** Go writes `<`, `>` and `&` of its JSON escaped. */
const goJsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replace(/[<>&]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`)}\n`;

const STATES = ['deployed', 'failed', 'pending', 'superseded', 'uninstalled', 'uninstalling'];

/** Without flags those that are deployed or have failed; the newest revision of each. */
export const list: Command = async (line) => {
  if (!isJson(line)) throw new Failure("Error: the lab's helm lists with -o json only");
  const { flags } = line;
  const chosen = STATES.filter((state) => flags.has(state));
  const states = chosen.length > 0 ? chosen : flags.has('all') ? STATES : ['deployed', 'failed'];
  const newest = new Map<string, Release>();
  for (const release of await releases(line, 'owner=helm', flags.has('all-namespaces'))) {
    const key = `${release.namespace}/${release.name}`;
    if ((newest.get(key)?.version ?? 0) < release.version) newest.set(key, release);
  }
  const rows = [...newest.values()]
    .filter(({ info }) => states.some((state) => isIn(info.status, state)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((release) => ({
      name: release.name,
      namespace: release.namespace,
      revision: String(release.version),
      updated: goTime(release.info.last_deployed),
      status: release.info.status,
      chart: chartOf(release),
      app_version: release.chart.metadata.appVersion ?? '',
    }));
  return goJsonLine(rows);
};

const isIn = (status: string, state: string): boolean =>
  state === 'pending' ? status.startsWith('pending-') : status === state;

/** Go's time.Time.String. */
const goTime = (text: string): string =>
  `${goRfc3339(text).replace('T', ' ').replace('Z', '')} +0000 UTC`;

/** `Mon Oct 12 13:23:38 2026` */
function ansiTime(text: string): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(text)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}

async function newestOf(line: CommandLine, name: string | undefined): Promise<Release> {
  if (name === undefined) {
    throw new Failure(
      `Error: "helm ${line.words[0]}" requires 1 argument\n\nUsage:  helm ${line.words[0]} RELEASE_NAME [flags]`,
    );
  }
  const revisions = await revisionsOf(line, name);
  const wanted = line.flags.get('revision');
  const found =
    wanted === undefined
      ? revisions.at(-1)
      : revisions.find(({ version }) => String(version) === wanted);
  if (found === undefined) throw new Failure('Error: release: not found');
  return found;
}

export const status: Command = async (line) => {
  const release = await newestOf(line, line.words[1]);
  const { name, namespace, version, info, config, manifest, hooks } = release;
  if (isJson(line)) {
    return goJsonLine({
      name,
      info: {
        first_deployed: goRfc3339(info.first_deployed),
        last_deployed: goRfc3339(info.last_deployed),
        deleted: '',
        ...withoutEmpty({ description: info.description, status: info.status, notes: info.notes }),
      },
      ...withoutEmpty({ config, manifest, hooks }),
      version,
      namespace,
    });
  }
  return statusText(release);
};

/** What `status`, `install` and `upgrade` print. */
export function statusText({ name, namespace, version, info }: Release): string {
  const text = info.notes?.trim() ?? '';
  const notes = text === '' ? '' : `NOTES:\n${text}\n`;
  return [
    `NAME: ${name}`,
    `LAST DEPLOYED: ${ansiTime(info.last_deployed)}`,
    `NAMESPACE: ${namespace}`,
    `STATUS: ${info.status}`,
    `REVISION: ${version}`,
    `TEST SUITE: None\n${notes}`,
  ].join('\n');
}

/** `omitempty` */
const withoutEmpty = (
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined &&
        value !== null &&
        value !== '' &&
        !(typeof value === 'object' && Object.keys(value).length === 0),
    ),
  );

export const history: Command = async (line) => {
  if (!isJson(line)) throw new Failure("Error: the lab's helm tells a history with -o json only");
  const revisions = await revisionsOf(line, line.words[1] ?? '');
  return goJsonLine(
    revisions.slice(-Number(line.flags.get('max') ?? HISTORY_ROWS)).map((release) => ({
      revision: release.version,
      updated: goRfc3339(release.info.last_deployed),
      status: release.info.status,
      chart: chartOf(release),
      app_version: release.chart.metadata.appVersion ?? '',
      description: release.info.description ?? '',
    })),
  );
};

export const get: Command = async (line) => {
  const [, what, name] = line.words;
  const release = await newestOf(line, name);
  switch (what) {
    case 'values': {
      const values = release.config ?? null;
      if (isJson(line)) return goJsonLine(values);
      return `USER-SUPPLIED VALUES:\n${kubeYaml(values)}`;
    }
    case 'manifest':
      return `${release.manifest ?? ''}\n`;
    case 'notes':
      return release.info.notes === undefined ? '' : `NOTES:\n${release.info.notes}\n`;
    default:
      throw new Failure(`Error: the lab's helm does not know get ${what}`);
  }
};
