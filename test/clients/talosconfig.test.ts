import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  readTalosconfig,
  talosAccess,
  talosCertificateProblem,
} from '../../src/clients/talosconfig.js';
import { createAuthority } from '../support/authority.js';
import { tempDir } from '../support/temp-dir.js';

const authority = await createAuthority('talos');
const admin = await authority.issue({ subject: 'O=os:admin', purpose: 'client' });
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The label that `talosctl gen config` writes. */
const talosKey = admin.keyPem.replaceAll(' PRIVATE KEY', ' ED25519 PRIVATE KEY');
const HOME = {
  endpoints: ['10.0.0.11', 'cp.example.org:50001', 'https://omni.example.org', 'fd00::11'],
  nodes: ['10.0.0.11'],
  ca: base64(authority.caPem),
  crt: base64(admin.certificatePem),
  key: base64(talosKey),
};

async function aFile(content: unknown): Promise<string> {
  const path = join(await tempDir(), 'config');
  await writeFile(path, typeof content === 'string' ? content : stringify(content));
  return path;
}

const config = (context: object, current = 'home') =>
  aFile({ context: current, contexts: { home: context } });

test('reads the current context with its roles and the end of its certificate', async () => {
  const read = await readTalosconfig(await config(HOME));
  const access = talosAccess(read);

  expect([...read.contexts.keys()]).toEqual(['home']);
  expect(access).toMatchObject({
    contextName: 'home',
    endpoints: [
      '10.0.0.11:50000',
      'cp.example.org:50001',
      'omni.example.org:443',
      '[fd00::11]:50000',
    ],
    nodes: ['10.0.0.11'],
    caPem: authority.caPem,
    certificate: { organizations: ['os:admin'] },
  });
  expect(access.keyPem).toContain('-----BEGIN PRIVATE KEY-----');
  expect(talosCertificateProblem(access, Date.now())).toBeNull();
});

test('an expired certificate is a warning with its date, not a refusal', async () => {
  const endsAt = new Date('2026-02-01T00:00:00Z');
  const old = await authority.issue({
    subject: 'O=os:reader',
    purpose: 'client',
    startsAt: new Date('2025-02-01T00:00:00Z'),
    endsAt,
  });
  const path = await config({ ...HOME, crt: base64(old.certificatePem), key: base64(old.keyPem) });
  const access = talosAccess(await readTalosconfig(path));

  expect(access.certificate.endsAtMs).toBe(endsAt.getTime());
  expect(talosCertificateProblem(access, endsAt.getTime() + 1)?.message).toContain(
    'expired on 2026-02-01',
  );
  expect(talosCertificateProblem(access, Date.parse('2025-01-01'))?.message).toContain('clock');
});

test('a missing file is named and not created', async () => {
  const directory = await tempDir();
  const path = join(directory, 'config');

  await expect(readTalosconfig(path)).rejects.toMatchObject({
    kind: 'configuration',
    message: `There is no talosconfig at ${path}.`,
  });
  expect(await readdir(directory)).toEqual([]);
});

test('a directory in its place is named as such', async () => {
  const path = join(await tempDir(), 'config');
  await mkdir(path);

  await expect(readTalosconfig(path)).rejects.toThrow('it is a directory');
});

test.runIf(process.getuid?.() !== 0)('a file without read permission is named', async () => {
  const path = await config(HOME);
  await chmod(path, 0o000);

  await expect(readTalosconfig(path)).rejects.toThrow('permission denied');
});

const broken: readonly [what: string, content: unknown, line: number | null, reason: string][] = [
  ['an empty file', '', null, 'is empty'],
  ['broken YAML', 'context: home\ncontexts:\n  home: [\n', 4, 'not valid YAML'],
  ['a list for a context', 'context: home\ncontexts:\n  home:\n    - x\n', 4, 'contexts.home'],
  [
    'a text for endpoints',
    'context: home\ncontexts:\n  home:\n    endpoints: 10.0.0.11\n',
    4,
    'contexts.home.endpoints',
  ],
];

test.each(broken)(
  '%s is told with its line and left as it is',
  async (_what, content, line, reason) => {
    const path = await aFile(content);
    const before = await readFile(path, 'utf8');

    const error = await readTalosconfig(path).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining(reason),
    });
    expect(error).toMatchObject({ message: expect.stringContaining(path) });
    if (line !== null)
      expect(error).toMatchObject({ message: expect.stringContaining(`line ${line}`) });
    expect(await readFile(path, 'utf8')).toBe(before);
  },
);

const unusable: readonly [what: string, context: object, reason: string, hint: string][] = [
  ['empty endpoints', { ...HOME, endpoints: [] }, 'no endpoints', 'config endpoint'],
  ['no client certificate', { endpoints: ['10.0.0.11'] }, 'Omni', 'talosctl gen config'],
  ['a certificate that is none', { ...HOME, crt: 'x' }, 'crt is not', 'Correct line'],
  ['a key that is none', { ...HOME, key: base64('x') }, 'key is not', 'Correct line'],
  [
    'an endpoint that is none',
    { ...HOME, endpoints: ['10.0.0.11:port'] },
    '10.0.0.11:port',
    'line',
  ],
];

test.each(unusable)('%s is refused with the next step', async (_what, context, reason, hint) => {
  const read = await readTalosconfig(await config(context));

  expect(() => talosAccess(read)).toThrow(reason);
  expect(() => talosAccess(read)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(hint), kind: 'configuration' }),
  );
});

test('an unknown context is told together with those that exist', async () => {
  const read = await readTalosconfig(await config(HOME));

  expect(() => talosAccess(read, 'prod')).toThrow('there is no context "prod"');
  expect(() => talosAccess(read, 'prod')).toThrow(
    expect.objectContaining({ hint: 'Choose one of: home.' }),
  );
});

test('no message ever holds the key', async () => {
  const secret = 'c2VjcmV0LWtleS1tYXRlcmlhbA==';
  const read = await readTalosconfig(await config({ ...HOME, key: secret }));

  let message = '';
  try {
    talosAccess(read);
  } catch (error) {
    message = `${error} ${JSON.stringify(error)} ${error instanceof Error ? error.stack : ''}`;
  }
  expect(message).toContain('key is not');
  expect(message).not.toContain(secret);
  expect(message).not.toContain('secret-key-material');
});
