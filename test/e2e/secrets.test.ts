import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, startLab } from '../support/demo.js';
import { remember, secretsOf } from '../support/secrets.js';

test('every lab of these tests ends with a search for its secrets that would find one', async () => {
  const lab = await startLab('--scenario', '1+0');
  const secrets = await secretsOf(lab.dir, lab.env);
  // Client keys, token and password, and what the machine configuration holds of four authorities.
  expect(secrets.size).toBeGreaterThan(10);
  const key = /key: (\S+)/.exec(readFileSync(join(lab.dir, 'talosconfig'), 'utf8'))?.[1] ?? '';
  writeFileSync(join(lab.env.HOME ?? '', 'leak.log'), `before ${key} after`);
  await expect(lab.stop()).rejects.toThrow(/A secret of the lab is in: \S+leak\.log/);
});

test('what programs print is searched, too, and status, plans and the keys of a lab stay clean', async () => {
  const lab = await startLab('--scenario', '1+0');
  try {
    for (const args of [['status'], ['status', '--json'], ['plan', 'etcd-snapshot', '--json']]) {
      expect((await runCli(args, lab.env)).stdout).not.toBe('');
    }
  } finally {
    await lab.stop();
  }
  const other = await startLab('--scenario', '1+0');
  const [secret = ''] = await secretsOf(other.dir, other.env);
  let isThere = true;
  remember('a test', () => (isThere ? secret : ''));
  await expect(other.stop()).rejects.toThrow('A secret of the lab is in: a test');
  isThere = false;
});
