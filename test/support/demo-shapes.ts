import { z } from 'zod';

/** The documents of the command line as they are promised; strict, so that an extra field is noticed. */
const schema = z.literal(1);
const ratio = z.number().min(0);
const level = z.enum(['ok', 'warn', 'fail', 'unknown']);
const text = z.string().min(1);

const machine = z.strictObject({
  name: text,
  role: z.enum(['control-plane', 'worker', 'unknown']),
  joinedBy: z.array(z.enum(['mac', 'smbios-uuid', 'member-id', 'address', 'system-uuid'])),
  vm: z.strictObject({ id: z.number().int().min(100), pveNode: text, status: text }).nullable(),
  talos: z
    .strictObject({
      address: text,
      version: text.nullable(),
      stage: text,
      ready: z.boolean(),
      schematic: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullable(),
      extensions: z.array(z.strictObject({ name: text, version: text })),
    })
    .nullable(),
  etcd: z
    .strictObject({
      memberId: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .nullable(),
      isLeader: z.boolean(),
      isLearner: z.boolean(),
      healthy: z.boolean().nullable(),
      dbSizeBytes: z.number().int().nullable(),
    })
    .nullable(),
  kubernetes: z
    .strictObject({
      ready: z.boolean().nullable(),
      version: text,
      unschedulable: z.boolean(),
    })
    .nullable(),
  problems: z.array(text),
});

const finding = z.strictObject({
  rule: text,
  severity: text,
  target: text,
  text,
  fixedBy: text.nullable(),
});

export const statusShape = z.strictObject({
  schema,
  cluster: text,
  at: z.iso.datetime(),
  verdict: z.strictObject({ level, text }),
  machines: z.array(machine),
  etcd: z
    .strictObject({
      members: z.number().int(),
      healthy: z.number().int(),
      quorum: z.number().int(),
      canLose: z.number().int(),
      leader: text.nullable(),
    })
    .nullable(),
  vip: z.strictObject({ address: text, holder: text.nullable(), reason: z.string() }).nullable(),
  csrs: z.strictObject({
    pending: z.array(
      z.strictObject({
        name: text,
        node: text.nullable(),
        ageMs: z.number().int(),
        approvable: z.boolean(),
        reasons: z.array(text),
      }),
    ),
  }),
  snapshots: z.strictObject({ latestAt: z.iso.datetime().nullable() }),
  storage: z.array(
    z.strictObject({ pveNode: text, name: text, type: text, usedRatio: ratio.nullable() }),
  ),
  findings: z.array(finding),
  readings: z.record(
    z.string(),
    z.strictObject({
      state: z.enum(['waiting', 'fresh', 'stale', 'failed']),
      ageMs: z.number().int().nullable(),
      error: text.nullable(),
    }),
  ),
});

const step = z.strictObject({
  id: text,
  title: text,
  target: text.nullable(),
  argv: z.array(text).min(1).optional(),
  api: text.optional(),
  local: text.optional(),
  disruptive: z.boolean(),
  proof: text,
});

export const planShape = z.strictObject({
  schema,
  action: text,
  level: z.number().int().min(0).max(4),
  summary: text,
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  gates: z.array(
    z.strictObject({
      id: text,
      state: z.enum(['green', 'red', 'unknown']),
      text,
      override: z.enum(['no', 'type', 'confirm']),
    }),
  ),
  steps: z.array(step).min(1),
  lines: z.array(z.string()),
});

export const refusalShape = z.strictObject({
  schema,
  refusal: z.strictObject({ reason: text, hint: text, gate: text.nullable() }),
});

export const errorShape = z.strictObject({
  schema,
  error: z.strictObject({ kind: text, message: text, hint: text }),
});

export const actionsShape = z.strictObject({
  schema,
  actions: z
    .array(
      z.strictObject({
        id: text,
        title: text,
        description: text,
        key: text.nullable(),
        level: z.number().int().min(0).max(4),
        answers: z.array(text),
      }),
    )
    .min(1),
});

/** First record of `run --json`; journal lines follow. */
export const runStartedShape = z.strictObject({ schema, run: text });
export const journalShape = z.looseObject({ schema, atMs: z.number().int(), type: text });
