import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');
const MAX_FILE_LINES = 300;

/** DESIGN §3. `lab` never imports clients, actions, doctor: it is an independent reading of the contracts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  clients: ['model'],
  doctor: ['model'],
  actions: ['model', 'clients'],
  runs: ['model', 'clients', 'actions'],
  store: ['model', 'clients', 'doctor', 'actions', 'runs'],
  hooks: ['model', 'store', 'actions', 'doctor'],
  components: ['model'],
  screens: ['model', 'hooks', 'components', 'actions', 'doctor'],
  lab: ['model'],
  cli: [
    'model',
    'clients',
    'doctor',
    'actions',
    'runs',
    'store',
    'hooks',
    'components',
    'screens',
    'lab',
  ],
};

/** The one door of each outside package; a trailing slash is a folder. */
const PACKAGE_DOORS: Readonly<Record<string, readonly string[]>> = {
  execa: ['clients/shell.ts'],
  'node:child_process': ['clients/', 'cli/', 'runs/', 'lab/'],
  'proxmox-api': ['clients/pve'],
  undici: ['clients/pve'],
  systeminformation: ['clients/host'],
  conf: ['store/settings'],
  'ink-table': ['cli/'],
  ink: ['hooks/', 'components/', 'screens/', 'cli/'],
  react: ['hooks/', 'components/', 'screens/', 'cli/'],
  '@grpc/grpc-js': ['clients/talos', 'lab/'],
  '@grpc/proto-loader': ['clients/talos', 'lab/'],
  protobufjs: ['clients/talos', 'lab/'],
  '@peculiar/x509': ['lab/'],
  'reflect-metadata': ['lab/'],
  commander: ['cli/', 'lab/'],
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly isTypeOnly: boolean;
}

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;

const imports: readonly Import[] = files(SRC).flatMap((file) =>
  [...readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)].map((match) => ({
    file,
    target: match[2] ?? match[3] ?? '',
    isTypeOnly: match[1] !== undefined,
  })),
);

const folderOf = (file: string): string => file.split('/')[0] ?? '';

test('every import follows the layer table', () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target }) => ({
      file,
      from: folderOf(file),
      to: folderOf(relative(SRC, resolve(SRC, dirname(file), target))),
    }))
    .filter(({ from, to }) => from !== to && !MAY_IMPORT[from]?.includes(to))
    .map(({ file, to }) => `${file} imports ${to}`);

  expect(wrong).toEqual([]);
});

test('actions take only types from clients, so that plans stay pure', () => {
  const wrong = imports
    .filter(
      ({ file, target, isTypeOnly }) =>
        folderOf(file) === 'actions' && !isTypeOnly && target.includes('/clients/'),
    )
    .map(({ file, target }) => `${file} imports ${target}`);

  expect(wrong).toEqual([]);
});

test('every outside package is used behind its own door', () => {
  const wrong = imports
    .filter(({ file, target }) => {
      const doors = PACKAGE_DOORS[target];
      return doors !== undefined && !doors.some((door) => file.startsWith(door));
    })
    .map(({ file, target }) => `${file} imports ${target}`);

  expect(wrong).toEqual([]);
});

test('no source file is longer than 300 lines', () => {
  const long = files(SRC)
    .map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_FILE_LINES)
    .map(({ file, lines }) => `${file}: ${lines}`);

  expect(long).toEqual([]);
});

test('effects of React live in hooks only, and the clock is read in one place', () => {
  const offenders = files(SRC).flatMap((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const found: string[] = [];
    if (/\buse(Layout|Insertion)?Effect\b/.test(text) && folderOf(file) !== 'hooks') {
      found.push(`${file}: useEffect`);
    }
    // The lab has a clock of its own: virtual time is what it simulates.
    if (
      /\bDate\.now\(|\bnew Date\(\)/.test(text) &&
      file !== 'clients/clock.ts' &&
      folderOf(file) !== 'lab'
    ) {
      found.push(`${file}: Date.now`);
    }
    return found;
  });

  expect(offenders).toEqual([]);
});

test('tests never replace our own modules, and nothing is silenced in a file', () => {
  const offenders = ['src', 'test'].flatMap((folder) =>
    files(join(ROOT, folder))
      .filter((file) => file !== 'architecture.test.ts')
      .filter((file) =>
        /\bvi\.(mock|doMock)\(|@ts-(ignore|nocheck|expect-error)|biome-ignore|\bas any\b|\.(skip|only)\(/.test(
          readFileSync(join(ROOT, folder, file), 'utf8'),
        ),
      )
      .map((file) => `${folder}/${file}`),
  );

  expect(offenders).toEqual([]);
});
