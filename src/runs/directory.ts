import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { diskReason, errorCode, onDisk } from '../clients/disk-error.js';
import { syncDirectory, writeDurably } from '../clients/durable-file.js';
import { makeDirectory } from '../clients/make-directory.js';
import { ClientError, ConfigurationError } from '../model/errors.js';
import { asRunId, type RunId } from '../model/ids.js';
import { slug } from '../model/slug.js';
import { parseRequest } from './request-shape.js';
import { outputDir, planPath, runDir, runsDir } from './run-files.js';
import type { RunRequest } from './types.js';

/** `20261120T101500Z-etcd-snapshot-home-3f9a`: sorts by time and is safe as a file name. */
export function newRunId(
  request: Pick<RunRequest, 'createdAtMs' | 'action' | 'cluster'>,
  random: string = randomBytes(2).toString('hex'),
): RunId {
  const stamp = new Date(request.createdAtMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return asRunId([stamp, slug(request.action), slug(request.cluster), random].join('-'));
}

const RUN_ID = /^\d{8}T\d{6}Z-[a-z0-9-]+$/;

/** Also keeps an id that an operator typed from leading out of the runs directory. */
export const isRunId = (text: string): boolean => RUN_ID.test(text);

/** Directory 0700 with plan.json 0600 inside. @throws ClientError kind `disk` */
export async function createRunDir(
  stateDir: string,
  id: RunId,
  request: RunRequest,
): Promise<string> {
  const directory = runDir(stateDir, id);
  requireStateDir(stateDir);
  await onDisk(`The run directory ${directory} cannot be made`, async () => {
    const draft = join(runsDir(stateDir), `.${id}`);
    makeDirectory(outputDir(draft));
    await writeDurably(planPath(draft), `${JSON.stringify(request, null, 2)}\n`);
    // Whoever watches the runs never sees one without its plan.
    await rename(draft, directory);
    await syncDirectory(runsDir(stateDir));
  });
  return directory;
}

/** @throws ConfigurationError when the place that the operator chose takes no runs. */
export function requireStateDir(stateDir: string): void {
  try {
    makeDirectory(runsDir(stateDir));
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null) throw cause;
    throw new ConfigurationError(
      `The state directory ${stateDir} cannot keep runs: ${diskReason(code)}.`,
      'Choose another one with --state-dir.',
      { cause },
    );
  }
}

/** Newest last; directories that are not ours are left out. */
export async function listRunIds(stateDir: string): Promise<readonly RunId[]> {
  return await onDisk(`The runs in ${stateDir} cannot be listed`, async () => {
    try {
      const names = await readdir(runsDir(stateDir));
      return names.filter(isRunId).toSorted().map(asRunId);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/** @throws ClientError kind `not-found` or `malformed` */
export async function readRequest(directory: string): Promise<RunRequest> {
  const path = planPath(directory);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === null) throw cause;
    throw new ClientError(
      'not-found',
      `There is no run in ${directory}.`,
      'List the runs with `talos-tui runs list`.',
      { cause },
    );
  }
  const request = parseRequest(text);
  if (request !== null) return request;
  throw new ClientError(
    'malformed',
    `${path} is no plan of this version of talos-tui.`,
    'Remove the directory when nothing in it is needed.',
  );
}
