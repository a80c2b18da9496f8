import { resolve } from 'node:path';
import { snapshotFiles } from '../../clients/snapshot-file.js';
import { formatBytes } from '../../model/format.js';
import type { CatalogueEntry } from '../../model/run.js';
import { sanitise } from '../../model/sanitise.js';
import { chooseConnection } from '../choose-connection.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { nextStep } from '../nearest.js';
import { SCHEMA } from '../output.js';
import { UsageError } from '../usage-error.js';

export async function snapshots(
  invocation: Invocation,
  verb: string,
  file: string | null,
): Promise<ExitCode> {
  if (verb === 'list') return list(invocation);
  if (verb !== 'verify') {
    throw new UsageError(
      `snapshots has no ${verb}.`,
      nextStep(verb, ['list', 'verify'], 'talos-tui snapshots --help'),
    );
  }
  if (file === null) {
    throw new UsageError('snapshots verify needs a file.', 'See `talos-tui snapshots list`.');
  }
  return verify(invocation, resolve(file));
}

async function list(invocation: Invocation): Promise<ExitCode> {
  const { isJson, output, options } = invocation;
  const { name, snapshotDir } = (await chooseConnection(invocation)).connection;
  const { entries, problems } = await snapshotFiles.list(snapshotDir);
  if (isJson) {
    output.document({
      schema: SCHEMA,
      cluster: name,
      directory: snapshotDir,
      snapshots: entries,
      problems,
    });
    return EXIT.ok;
  }
  if (entries.length === 0) output.line(`No snapshots in ${snapshotDir}.`);
  else {
    const { printTable } = await import('../printed-table.js');
    output.line(`Snapshots in ${snapshotDir}`);
    output.line(
      printTable<CatalogueEntry>({
        rows: entries,
        columns: [
          { title: 'FILE', value: (entry) => sanitise(fileName(entry)), shrink: 0 },
          { title: 'FROM', value: ({ sourceNode }) => sanitise(sourceNode), shrink: 1 },
          { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), shrink: 0 },
          {
            title: 'STATE',
            value: ({ isVerified }) => (isVerified ? 'verified' : 'BAD'),
            shrink: 0,
          },
        ],
        width: 80,
        isAscii: options.isAscii,
      }),
    );
  }
  for (const problem of problems) output.warn(sanitise(problem));
  return EXIT.ok;
}

const fileName = ({ file }: CatalogueEntry): string => file.split('/').at(-1) ?? file;

/** The file's own checks, and that it still is what the catalogue says. */
async function verify({ isJson, output }: Invocation, file: string): Promise<ExitCode> {
  if ((await snapshotFiles.sizeBytes(file)) === null) {
    throw new UsageError(`There is no file ${file}.`, 'See `talos-tui snapshots list`.');
  }
  const { isVerified, sizeBytes, sha256, problems } = await snapshotFiles.verify(file);
  const entry = await snapshotFiles.readEntry(file);
  const hasChanged = entry !== null && isVerified && entry.sha256 !== sha256;
  const found = hasChanged
    ? [...problems, 'its SHA-256 differs from the one in the catalogue: the file was replaced']
    : problems;
  const verified = isVerified && !hasChanged;
  if (isJson) {
    output.document({ schema: SCHEMA, file, verified, sizeBytes, sha256, problems: found });
  } else if (verified) {
    output.line(`${file}: verified, ${formatBytes(sizeBytes)}, SHA-256 ${sha256}`);
  } else {
    output.line(sanitise(`${file}: BAD: ${found.join('; ')}`));
  }
  return verified ? EXIT.ok : EXIT.failed;
}
