import { z } from 'zod';
import { workShape, workTargetSchema } from '../node-work.js';

/**
 * How a node is upgraded: in parts that we can stand between, by the node alone, or by the node alone although it
 * knows the parts.
 */
export const PATHS = ['split', 'legacy', 'forced-legacy'] as const;
export type UpgradePath = (typeof PATHS)[number];

const REFERENCE =
  /^[a-z0-9.:-]+\/[a-z0-9]+-installer(-secureboot)?\/[0-9a-f]{64}:v[0-9]+\.[0-9]+\.[0-9]+$/;

export const upgradeTargetSchema = workTargetSchema.extend({
  /** `v1.12.6`, before. */
  from: z.string().regex(/^v[0-9]+\.[0-9]+\.[0-9]+$/),
  image: z.string().regex(REFERENCE),
  schematic: z.string().regex(/^[0-9a-f]{64}$/),
  /** Names that must run afterwards. */
  extensions: z.array(z.string()).readonly(),
  path: z.enum(PATHS),
});

/** A node on its way to another image. */
export type UpgradeTarget = z.infer<typeof upgradeTargetSchema>;

export const upgradeSchema = z.strictObject({
  ...workShape,
  version: z.string().regex(/^v[0-9]+\.[0-9]+\.[0-9]+$/),
  drainTimeoutMs: z.number().nullable(),
  targets: z.array(upgradeTargetSchema).min(1).readonly(),
});

export type Upgrade = z.infer<typeof upgradeSchema>;
