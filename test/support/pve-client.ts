import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clients/clock.js';
import { createPveClient } from '../../src/clients/pve.js';
import type { ProxmoxConnection } from '../../src/model/connection.js';
import { createAuthority, type IssueOptions } from './authority.js';
import { startFakeProxmox, TOKEN } from './fake-proxmox.js';
import { tempDir } from './temp-dir.js';

const authority = await createAuthority('Proxmox Virtual Environment');

interface Setup {
  readonly clock?: Clock;
  readonly certificate?: Partial<IssueOptions>;
  readonly connection?: Partial<ProxmoxConnection>;
  readonly token?: string;
}

/** The client in front of a Proxmox of a few lines, with the files of an operator. */
export async function aPveClient({
  clock = systemClock,
  certificate,
  connection,
  token = TOKEN,
}: Setup = {}) {
  const directory = await tempDir();
  const [tokenFile, caFile] = [join(directory, 'token'), join(directory, 'ca.pem')];
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  await writeFile(caFile, authority.caPem);
  const proxmox = await startFakeProxmox(authority, certificate);
  const url = `https://127.0.0.1:${proxmox.port}`;
  const pve = createPveClient({
    connection: { url, tokenFile, caFile, fingerprint: null, ...connection },
    clock,
  });
  onTestFinished(pve.close);
  return { proxmox, pve, tokenFile, url };
}
