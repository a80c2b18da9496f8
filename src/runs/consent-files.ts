import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { onDisk } from '../clients/disk-error.js';
import type { GateConsent } from './types.js';

/** One file each, so that two operators do not overwrite each other. */
const PREFIX = 'override-';

const consentShape: z.ZodType<GateConsent> = z.object({
  gates: z.array(z.string().regex(/^G-[A-Z0-9]+$/)),
  operator: z.string(),
});

/** Leaves it for the run process, which takes it the next time it looks, or when it is started again. */
export async function leaveConsent(directory: string, consent: GateConsent): Promise<void> {
  const path = join(directory, `${PREFIX}${randomUUID()}`);
  await onDisk(`${path} cannot be written`, async () => {
    // Never seen half.
    await writeFile(`${path}.part`, JSON.stringify(consent), { mode: 0o600 });
    await rename(`${path}.part`, path);
  });
}

/** What was left since the last time. What the process dies with is taken again: a consent given twice is one. */
export function takeConsents(directory: string, accept: (consent: GateConsent) => void): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(PREFIX) || name.endsWith('.part')) continue;
    const path = join(directory, name);
    const consent = consentIn(path);
    if (consent !== null) accept(consent);
    rmSync(path, { force: true });
  }
}

/** Null for what none of us has written. */
function consentIn(path: string): GateConsent | null {
  try {
    return consentShape.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}
