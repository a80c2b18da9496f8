import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  kubeAccess,
  kubeCertificateProblem,
  readKubeconfig,
} from '../../src/clients/kubeconfig.js';
import { createAuthority } from '../support/authority.js';
import { tempDir } from '../support/temp-dir.js';

const authority = await createAuthority('kubernetes');
const endsAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
const admin = await authority.issue({
  subject: 'O=system:masters, CN=admin',
  purpose: 'client',
  endsAt,
});
const base64 = (text: string) => Buffer.from(text).toString('base64');

const CLUSTER = {
  server: 'https://10.0.0.20:6443',
  'certificate-authority-data': base64(authority.caPem),
};
const USER = {
  'client-certificate-data': base64(admin.certificatePem),
  'client-key-data': base64(admin.keyPem),
};

async function aKubeconfig(cluster: object = CLUSTER, user: object | null = USER) {
  const path = join(await tempDir(), 'kubeconfig');
  await writeFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'home', cluster }],
      users: [{ name: 'admin', user }],
      contexts: [{ name: 'admin@home', context: { cluster: 'home', user: 'admin' } }],
      'current-context': 'admin@home',
    }),
  );
  return path;
}

test('reads what talosctl kubeconfig writes', async () => {
  const read = await readKubeconfig(await aKubeconfig());
  const access = kubeAccess(read);

  expect(read.contexts.get('admin@home')).toMatchObject({ server: 'https://10.0.0.20:6443' });
  expect(access).toMatchObject({
    contextName: 'admin@home',
    server: 'https://10.0.0.20:6443',
    caPem: authority.caPem,
    authentication: 'certificate',
    certificate: { organizations: ['system:masters'], endsAtMs: endsAt.getTime() },
  });
  expect(kubeCertificateProblem(access, Date.now())).toBeNull();
  expect(kubeCertificateProblem(access, endsAt.getTime() + 1)).toMatchObject({
    message: expect.stringContaining('expired on'),
    hint: 'Fetch a new one with `talosctl kubeconfig`.',
  });
});

test('finds certificates in files next to the kubeconfig', async () => {
  const path = await aKubeconfig(
    { server: CLUSTER.server, 'certificate-authority': 'ca.pem' },
    { 'client-certificate': 'admin.pem', 'client-key': 'admin.key' },
  );
  await writeFile(join(dirname(path), 'ca.pem'), authority.caPem);
  await writeFile(join(dirname(path), 'admin.pem'), admin.certificatePem);

  expect(kubeAccess(await readKubeconfig(path))).toMatchObject({
    caPem: authority.caPem,
    certificate: { endsAtMs: endsAt.getTime() },
  });
});

test.each([
  ['token', { token: 'secret' }],
  ['exec', { exec: { command: 'kubelogin' } }],
  ['other', null],
])('leaves authentication by %s to kubectl', async (authentication, user) => {
  expect(kubeAccess(await readKubeconfig(await aKubeconfig(CLUSTER, user)))).toMatchObject({
    authentication,
    certificate: null,
  });
});

const unusable: readonly [what: string, cluster: object, reason: string][] = [
  ['verification switched off', { ...CLUSTER, 'insecure-skip-tls-verify': true }, 'switched off'],
  ['plain http', { server: 'http://10.0.0.20:8080' }, 'not https'],
  ['no server', {}, 'no server URL'],
  [
    'a CA file that is missing',
    { server: CLUSTER.server, 'certificate-authority': 'x' },
    'cannot be read',
  ],
];

test.each(unusable)('%s is refused, with the line', async (_what, cluster, reason) => {
  const read = await readKubeconfig(await aKubeconfig(cluster));

  expect(() => kubeAccess(read)).toThrow(reason);
  expect(() => kubeAccess(read)).toThrow(/line \d+/);
});

test('an unknown context is told together with those that exist', async () => {
  const read = await readKubeconfig(await aKubeconfig());

  expect(() => kubeAccess(read, 'prod')).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('no context "prod"'),
      hint: 'Choose one of: admin@home.',
    }),
  );
});

test('a context whose cluster or user is not in the file is refused', async () => {
  const path = join(await tempDir(), 'kubeconfig');
  const content = {
    clusters: null,
    contexts: [{ name: 'x', context: { cluster: 'gone', user: 'gone' } }],
    'current-context': 'x',
  };
  await writeFile(path, stringify(content));
  const read = await readKubeconfig(path);

  expect(() => kubeAccess(read)).toThrow('names the cluster "gone"');
});

test('broken YAML and a wrong shape are told with their line', async () => {
  const path = join(await tempDir(), 'kubeconfig');
  await writeFile(path, 'clusters:\n  - name: a\n    cluster: x\n');
  await expect(readKubeconfig(path)).rejects.toThrow(
    'line 3: `clusters.0.cluster` must be a block of keys',
  );

  await writeFile(path, 'clusters: {{{');
  await expect(readKubeconfig(path)).rejects.toThrow('not valid YAML: line 1');
});
