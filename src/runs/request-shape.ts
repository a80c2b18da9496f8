import { z } from 'zod';
import { type Connection, DEFAULT_WAITS } from '../model/connection.js';
import type { RunRequest } from './types.js';

const text = z.string();
const textOrNull = z.string().nullable();

const connection: z.ZodType<Connection> = z.object({
  name: text,
  origin: text,
  isProduction: z.boolean(),
  isReadOnly: z.boolean(),
  talos: z.object({ configPath: text, context: text }).nullable(),
  kubernetes: z.object({ kubeconfigPath: text, context: text }).nullable(),
  proxmox: z
    .object({ url: text, tokenFile: text, caFile: textOrNull, fingerprint: textOrNull })
    .nullable(),
  brokenProxmox: z.object({ message: text, hint: text }).optional(),
  factoryUrl: text,
  vip: textOrNull,
  snapshotDir: text,
  programs: z.object({ talosctl: text, kubectl: text, helm: text }),
  // Runs of an earlier version did not say these.
  waits: z.object({ quietMs: z.number().min(0) }).default(DEFAULT_WAITS),
});

const runRequest: z.ZodType<RunRequest> = z.object({
  schema: z.literal(1),
  action: text,
  answers: z.record(z.string(), z.string()),
  cluster: text,
  connection,
  level: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  fingerprint: text,
  summary: text,
  steps: z.array(
    z.object({
      id: text,
      title: text,
      // Runs of an earlier version did not say these.
      target: textOrNull.default(null),
      group: textOrNull.default(null),
      isDisruptive: z.boolean().default(false),
      expectedMs: z.number().nullable().default(null),
      stateWhenStopped: text.default(''),
      commandTimeoutMs: z.number().nullable().default(null),
    }),
  ),
  operator: text,
  createdAtMs: z.number(),
  keepGoing: z.boolean(),
  overrides: z.array(text),
  gates: z.array(z.object({ id: text, override: z.enum(['no', 'type', 'confirm']) })).optional(),
  maxDurationMs: z.number().positive().optional(),
});

/** Null when the text is not a plan of this version. */
export function parseRequest(content: string): RunRequest | null {
  try {
    return runRequest.safeParse(JSON.parse(content)).data ?? null;
  } catch {
    return null;
  }
}
