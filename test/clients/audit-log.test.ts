import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuditLog } from '../../src/clients/audit-log.js';
import type { AuditRecord } from '../../src/clients/local-files.js';
import { tempDir } from '../support/temp-dir.js';

const aRecord = (change: Partial<AuditRecord>): AuditRecord => ({
  atMs: 1,
  operator: 'ops',
  runDir: '/state/runs/x',
  action: 'approve-csrs',
  object: 'csr-a',
  uid: 'u',
  node: 'worker-1',
  keyFingerprint: 'f',
  names: ['worker-1'],
  rules: [{ id: 'V1', state: 'pass', text: 'ok' }],
  credentialId: 'X509SHA256=1',
  outcome: 'issued',
  ...change,
});

test('finds the last issued request of a node, past cut lines and other outcomes', async () => {
  const path = join(await tempDir(), 'audit.ndjson');
  const audit = createAuditLog(path);
  expect(await audit.lastIssued('worker-1')).toBeNull();

  await audit.append(aRecord({ object: 'csr-a' }));
  await audit.append(aRecord({ object: 'csr-b' }));
  await audit.append(aRecord({ object: 'csr-c', node: 'worker-2' }));
  await audit.append(aRecord({ object: 'csr-d', outcome: 'held' }));
  await appendFile(path, '{"atMs":1,"operator"');

  expect(await audit.lastIssued('worker-1')).toEqual(aRecord({ object: 'csr-b' }));
  await audit.append(aRecord({ object: 'csr-e' }));
  expect(await audit.lastIssued('worker-1')).toEqual(aRecord({ object: 'csr-e' }));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
