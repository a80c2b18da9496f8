import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { errorCode, onDisk } from './disk-error.js';
import { appendLine } from './durable-file.js';
import type { AuditLog, AuditRecord } from './local-files.js';

const recordShape = z.object({
  atMs: z.number(),
  operator: z.string(),
  runDir: z.string(),
  action: z.string(),
  object: z.string(),
  uid: z.string(),
  node: z.string().nullable(),
  keyFingerprint: z.string().nullable(),
  names: z.array(z.string()),
  rules: z.array(z.object({ id: z.string(), state: z.string(), text: z.string() })),
  credentialId: z.string().nullable(),
  outcome: z.string(),
});

/** `audit.ndjson`, mode 0600, never shortened by us. */
export function createAuditLog(path: string): AuditLog {
  return {
    append: (record) =>
      onDisk(`The audit log ${path} cannot be written`, () =>
        appendLine(path, JSON.stringify(record)),
      ),

    lastIssued: (node) =>
      onDisk(`The audit log ${path} cannot be read`, async () => {
        const lines = (await textOf(path)).split('\n').toReversed();
        for (const line of lines) {
          const record = parseRecord(line);
          if (record?.node === node && record.outcome === 'issued') return record;
        }
        return null;
      }),
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Null for a line that a full disk or a crash has cut. */
function parseRecord(line: string): AuditRecord | null {
  try {
    return recordShape.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
