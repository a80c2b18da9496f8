import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { snapshotFiles } from '../../src/clients/snapshot-file.js';
import { aCatalogueEntry } from '../support/builders.js';
import { realSnapshot } from '../support/etcd-snapshot.js';
import { tempDir } from '../support/temp-dir.js';

async function saved(bytes: Uint8Array = realSnapshot(), mode = 0o600): Promise<string> {
  const path = join(await tempDir(), 'lab.db');
  await writeFile(path, bytes, { mode });
  return path;
}

test('verifies a snapshot of a real etcd and gives the checksum that sha256sum prints', async () => {
  expect(await snapshotFiles.verify(await saved())).toEqual({
    isVerified: true,
    sizeBytes: 24_608,
    sha256: createHash('sha256').update(realSnapshot()).digest('hex'),
    transactionId: 13n,
    problems: [],
  });
});

test('verifies a snapshot that is larger than what is read at once', async () => {
  const body = Buffer.concat([realSnapshot().subarray(0, -32), Buffer.alloc(3 * 1024 ** 2 + 512)]);
  const large = Buffer.concat([body, createHash('sha256').update(body).digest()]);

  expect((await snapshotFiles.verify(await saved(large))).problems).toEqual([
    'the database should have 24576 bytes and has 3170816',
  ]);
});

test('calls a flipped bit, a cut file, an empty file and a file for everybody by name', async () => {
  const changed = realSnapshot();
  changed[5000] = (changed[5000] ?? 0) ^ 1;
  const problems = async (bytes: Uint8Array, mode?: number) =>
    (await snapshotFiles.verify(await saved(bytes, mode))).problems;

  expect(await problems(changed)).toEqual(['the SHA-256 at its end does not match its content']);
  expect(await problems(realSnapshot().subarray(0, 4096))).toEqual([
    expect.stringContaining('the file is cut'),
  ]);
  expect(await problems(Buffer.alloc(0))).toEqual([expect.stringContaining('0 bytes')]);
  expect(await problems(realSnapshot(), 0o644)).toEqual([
    'others may read it (mode 0644): chmod 600',
  ]);
});

test('neither follows a link nor takes a directory for a snapshot', async () => {
  const path = await saved();
  await symlink(path, `${path}.link`);
  await mkdir(`${path}.dir`);

  for (const other of [`${path}.link`, `${path}.dir`]) {
    expect(await snapshotFiles.verify(other)).toMatchObject({
      isVerified: false,
      problems: [`${other} is no regular file`],
    });
  }
  await expect(snapshotFiles.verify(`${path}.none`)).rejects.toMatchObject({
    kind: 'disk',
    message: expect.stringContaining('it does not exist'),
  });
});

test('keeps a private catalogue next to the files and tolerates everything else in the directory', async () => {
  const directory = await tempDir();
  const [good, older] = ['b.db', 'a.db'].map((name) => join(directory, name));
  if (good === undefined || older === undefined) throw new Error('two names');
  const entry = aCatalogueEntry({ file: good });
  for (const path of [good, older]) await writeFile(path, 'x');
  await snapshotFiles.writeEntry(entry);
  await snapshotFiles.writeEntry({ ...entry, file: older, takenAtMs: 1 });
  for (const [name, text] of [
    ['notes.txt', 'mine'],
    ['broken.db', ''],
    ['broken.db.json', '{'],
    ['foreign.db', ''],
    ['foreign.db.json', '{"schema":1}'],
    ['lost.db.json', '{}'],
    ['plain.db', ''],
    ['new.db.part', ''],
    ['old.db.bad', ''],
  ]) {
    await writeFile(join(directory, name ?? ''), text ?? '');
  }

  const { entries, problems } = await snapshotFiles.list(directory);

  expect(entries).toEqual([entry, { ...entry, file: older, takenAtMs: 1 }]);
  expect(problems).toEqual([
    'broken.db.json is no catalogue entry of broken.db.',
    'foreign.db.json is no catalogue entry of foreign.db.',
    'lost.db is gone, only its entry is left.',
    'new.db.part was never finished.',
    'old.db.bad did not verify.',
    'plain.db has no catalogue entry: verify it with `talos-tui snapshots verify`.',
  ]);
  expect((await stat(`${good}.json`)).mode & 0o777).toBe(0o600);
});

test('lists nothing while there is no directory', async () => {
  expect(await snapshotFiles.list(join(await tempDir(), 'none'))).toEqual({
    entries: [],
    problems: [],
  });
});

test('does not take the entry of another file for its own', async () => {
  const path = await saved();
  await writeFile(`${path}.json`, JSON.stringify({ schema: 1, ...aCatalogueEntry() }));

  expect(await snapshotFiles.readEntry(path)).toBeNull();
});

test('makes the snapshot directory private and refuses one that others may enter', async () => {
  const directory = join(await tempDir(), 'a', 'b');
  await snapshotFiles.prepare(directory);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);

  await chmod(directory, 0o755);
  await expect(snapshotFiles.prepare(directory)).rejects.toMatchObject({
    kind: 'disk',
    message: `${directory} is open to others (mode 0755).`,
    hint: expect.stringContaining('chmod 700'),
  });
  const file = join(await tempDir(), 'file');
  await writeFile(file, '');
  await expect(snapshotFiles.prepare(file)).rejects.toMatchObject({ kind: 'disk' });
});

test('moves a bad file aside, drops an unfinished one and deletes a snapshot with its entry', async () => {
  const path = await saved();
  await writeFile(`${path}.part`, '');
  expect(await snapshotFiles.discardPartial(path)).toBe(true);
  expect(await snapshotFiles.discardPartial(path)).toBe(false);

  const entry = aCatalogueEntry({ file: path });
  await snapshotFiles.writeEntry(entry);
  expect(await snapshotFiles.quarantine(path)).toBe(`${path}.bad`);
  expect(await snapshotFiles.sizeBytes(path)).toBeNull();
  await writeFile(path, 'x');
  await snapshotFiles.remove(entry);
  expect(await readdir(join(path, '..'))).toEqual(['lab.db.bad']);
});
