import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { assetPath } from '../../model/package-root.js';
import { packed } from './tar.js';

/** Charts do not change with the day that a lab starts. */
const CREATED = '2026-01-01T00:00:00Z';

const chartSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  appVersion: z.string(),
  description: z.string(),
});

type ChartFacts = z.infer<typeof chartSchema>;

const earlierSchema = z.record(
  z.string(),
  z.array(z.object({ version: z.string(), appVersion: z.string() })),
);

/** What a chart repository answers, by the name of the file. */
export interface ChartRepository {
  readonly index: string;
  readonly archives: ReadonlyMap<string, Buffer>;
}

interface Packed {
  readonly facts: ChartFacts;
  readonly file: string;
  readonly archive: Buffer;
}

/** Every chart below assets/lab/charts, as `helm package` and `helm repo index` would. @throws ZodError: the package is broken */
export function readChartRepository(): ChartRepository {
  const root = assetPath('lab', 'charts');
  const earlier = earlierSchema.parse(parse(readFileSync(join(root, 'earlier.yaml'), 'utf8')));
  const charts = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
    .map((name) => [name, chartVersions(join(root, name), earlier[name] ?? [])] as const);
  const index = {
    apiVersion: 'v1',
    entries: Object.fromEntries(charts.map(([name, versions]) => [name, versions.map(entryOf)])),
    generated: CREATED,
  };
  return {
    index: stringify(index),
    archives: new Map(
      charts.flatMap(([, versions]) => versions.map(({ file, archive }) => [file, archive])),
    ),
  };
}

/** Newest first, as an index lists them. */
function chartVersions(
  folder: string,
  earlier: readonly Pick<ChartFacts, 'version' | 'appVersion'>[],
): readonly Packed[] {
  const own = chartSchema.parse(parse(readFileSync(join(folder, 'Chart.yaml'), 'utf8')));
  const rest = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'Chart.yaml')
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted()
    .map((path) => [own.name + path.slice(folder.length), readFileSync(path, 'utf8')] as const);
  return [own, ...earlier].map((version) => {
    const facts = { ...own, ...version };
    const files = new Map([[`${own.name}/Chart.yaml`, stringify(facts)], ...rest]);
    return { facts, file: `${facts.name}-${facts.version}.tgz`, archive: packed(files) };
  });
}

const entryOf = ({ facts, file, archive }: Packed) => ({
  ...facts,
  created: CREATED,
  digest: createHash('sha256').update(archive).digest('hex'),
  urls: [file],
});
