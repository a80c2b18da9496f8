import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { unpacked } from '../../charts/tar.js';
import { Failure } from '../kubectl/failure.js';
import { fetched, indexOf, knownRepositories } from './repositories.js';
import { rendered, type Scope } from './template.js';
import type { Values } from './values.js';

const metadataSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  appVersion: z.string().optional(),
});

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

export type Manifest = z.infer<typeof manifestSchema>;

export interface Chart {
  readonly metadata: z.infer<typeof metadataSchema>;
  readonly values: Values;
  /** Text by path: `templates/service.yaml`. */
  readonly templates: ReadonlyMap<string, string>;
}

/** From a directory, an archive, or `REPOSITORY/CHART`. @throws Failure */
export async function loadChart(reference: string, version: string | undefined): Promise<Chart> {
  if (existsSync(reference)) {
    return chartOf(
      statSync(reference).isDirectory() ? folder(reference) : unpacked(readFileSync(reference)),
    );
  }
  const [, name = '', chart = ''] = /^([^/.]+)\/([^/]+)$/.exec(reference) ?? [];
  const repository = knownRepositories().find((each) => each.name === name);
  if (repository === undefined) {
    throw new Failure(
      chart === '' ? `path ${JSON.stringify(reference)} not found` : `repo ${name} not found`,
    );
  }
  const { entries } = await indexOf(repository);
  const found = (entries[chart] ?? []).find(
    (each) => version === undefined || each.version === version,
  );
  const [url] = found?.urls ?? [];
  if (url === undefined) {
    throw new Failure(
      `chart ${JSON.stringify(chart)} matching ${version ?? ''} not found in ${name} index. (try 'helm repo update'): no chart name found`,
    );
  }
  return chartOf(unpacked(await fetched(new URL(url, `${repository.url}/`).href)));
}

function folder(path: string): ReadonlyMap<string, string> {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(path, file)).isFile())
    .toSorted();
  return new Map(
    files.map((file) => [`${basename(path)}/${file}`, readFileSync(join(path, file), 'utf8')]),
  );
}

function chartOf(files: ReadonlyMap<string, string>): Chart {
  const inside = new Map([...files].map(([path, text]) => [path.replace(/^[^/]+\//, ''), text]));
  const metadata = metadataSchema.parse(parse(inside.get('Chart.yaml') ?? ''));
  return {
    metadata,
    values: (parse(inside.get('values.yaml') ?? '') ?? {}) as Values,
    templates: new Map([...inside].filter(([path]) => path.startsWith('templates/'))),
  };
}

export interface Rendered {
  readonly manifest: string;
  readonly notes: string;
}

/** releaseutil.InstallOrder, as far as the lab's charts go. */
const ORDER = [
  'Namespace',
  'Secret',
  'ConfigMap',
  'Service',
  'DaemonSet',
  'Deployment',
  'StatefulSet',
];

export function renderChart(
  chart: Chart,
  release: { readonly name: string; readonly namespace: string; readonly version: number },
  values: Values,
): Rendered {
  const { name, version, appVersion } = chart.metadata;
  const scope: Scope = {
    Values: values,
    Chart: { Name: name, Version: version, AppVersion: appVersion ?? '' },
    Release: { Name: release.name, Namespace: release.namespace, Revision: release.version },
  };
  const texts = [...chart.templates].map(([path, text]) => [path, rendered(text, scope)] as const);
  const rank = (text: string): number => {
    const at = ORDER.indexOf(manifestsIn(text)[0]?.kind ?? '');
    return at < 0 ? ORDER.length : at;
  };
  const documents = texts
    .filter(([path, text]) => !path.endsWith('.txt') && text.trim() !== '')
    .toSorted(([, a], [, b]) => rank(a) - rank(b));
  return {
    manifest: documents
      .map(([path, text]) => `---\n# Source: ${name}/${path}\n${text.trim()}\n`)
      .join(''),
    notes: texts.find(([path]) => path === 'templates/NOTES.txt')?.[1] ?? '',
  };
}

export const manifestsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map((object) => manifestSchema.parse(object));
