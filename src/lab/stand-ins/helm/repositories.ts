import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { Failure } from '../kubectl/failure.js';
import type { Command } from './commands.js';

const repositoriesSchema = z.looseObject({
  repositories: z.array(z.looseObject({ name: z.string(), url: z.string() })).nullish(),
});

const indexSchema = z.object({
  entries: z.record(
    z.string(),
    z.array(z.looseObject({ version: z.string(), urls: z.array(z.string()) })),
  ),
});

export type Repository = { readonly name: string; readonly url: string };

/** Where helm keeps them (helmpath). */
const configFile = (): string => {
  const { HELM_CONFIG_HOME, HELM_REPOSITORY_CONFIG, XDG_CONFIG_HOME } = process.env;
  const home = HELM_CONFIG_HOME ?? join(XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'helm');
  return HELM_REPOSITORY_CONFIG ?? join(home, 'repositories.yaml');
};

export function knownRepositories(): readonly Repository[] {
  try {
    return repositoriesSchema.parse(parse(readFileSync(configFile(), 'utf8'))).repositories ?? [];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

export async function fetched(url: string): Promise<Buffer> {
  const answer = await fetch(url).catch((error: Error) => {
    throw new Failure(`Get ${JSON.stringify(url)}: ${String(error.cause ?? error.message)}`);
  });
  if (!answer.ok) {
    throw new Failure(`failed to fetch ${url} : ${answer.status} ${answer.statusText}`);
  }
  return Buffer.from(await answer.arrayBuffer());
}

/** @throws Failure, ZodError */
export const indexOf = async ({ url }: Repository) =>
  indexSchema.parse(parse((await fetched(`${url}/index.yaml`)).toString('utf8')));

async function add(name: string, url: string): Promise<string> {
  const known = knownRepositories();
  const same = known.find((each) => each.name === name);
  if (same?.url === url) {
    return `${JSON.stringify(name)} already exists with the same configuration, skipping\n`;
  }
  if (same !== undefined) {
    throw new Failure(
      `Error: repository name (${name}) already exists, please specify a different name`,
    );
  }
  await indexOf({ name, url }).catch((error: Error) => {
    throw new Failure(
      `Error: looks like ${JSON.stringify(url)} is not a valid chart repository or cannot be reached: ${error.message}`,
    );
  });
  const file = configFile();
  mkdirSync(dirname(file), { recursive: true });
  const repositories = [...known, { name, url }];
  writeFileSync(file, stringify({ apiVersion: '', repositories }), { mode: 0o600 });
  return `${JSON.stringify(name)} has been added to your repositories\n`;
}

async function update(): Promise<string> {
  const known = knownRepositories();
  if (known.length === 0) {
    throw new Failure('Error: no repositories found. You must add one before updating');
  }
  const lines: string[] = [];
  for (const repository of known) {
    await indexOf(repository);
    lines.push(
      `...Successfully got an update from the ${JSON.stringify(repository.name)} chart repository\n`,
    );
  }
  return `Hang tight while we grab the latest from your chart repositories...\n${lines.join('')}Update Complete. ⎈Happy Helming!⎈\n`;
}

function listed(isJson: boolean): string {
  const known = knownRepositories().map(({ name, url }) => ({ name, url }));
  if (isJson) return `${JSON.stringify(known)}\n`;
  if (known.length === 0) throw new Failure('Error: no repositories to show');
  const rows = [{ name: 'NAME', url: 'URL' }, ...known];
  const widest = (key: 'name' | 'url') => Math.max(...rows.map((row) => row[key].length));
  return rows
    .map(({ name, url }) => `${name.padEnd(widest('name'))}\t${url.padEnd(widest('url'))}\n`)
    .join('');
}

/** `repo add NAME URL`, `repo update`, `repo list` */
export const repo: Command = async ({ words, flags }) => {
  const [, what, name = '', url = ''] = words;
  switch (what) {
    case 'add':
      return add(name, url);
    case 'update':
    case 'up':
      return update();
    case 'list':
    case 'ls':
      return listed(flags.get('output') === 'json');
    default:
      throw new Failure(`Error: the lab's helm does not know repo ${what}`);
  }
};
