import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readAddon } from '../../../src/lab/scenarios/addons.js';
import { assetPath } from '../../../src/model/package-root.js';

const addonSchema = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  podSecurity: z.string().nullable().default(null),
  chart: z.strictObject({ name: z.string(), version: z.string(), appVersion: z.string() }),
  serviceAccounts: z.array(z.string()),
  workloads: z.array(
    z.strictObject({
      kind: z.enum(['DaemonSet', 'Deployment', 'StatefulSet']),
      name: z.string(),
      image: z.string(),
      labels: z.record(z.string(), z.string()),
      replicas: z.number().default(1),
      controlPlanesOnly: z.boolean().default(false),
    }),
  ),
  crds: z.array(
    z.strictObject({
      group: z.string(),
      kind: z.string(),
      plural: z.string(),
      scope: z.enum(['Namespaced', 'Cluster']),
      version: z.string(),
      shortNames: z.array(z.string()).default([]),
      columns: z.array(z.strictObject({ name: z.string(), path: z.string() })).default([]),
    }),
  ),
  objects: z.array(
    z.looseObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: z.string().optional(),
      namespace: z.string().optional(),
      annotations: z.record(z.string(), z.string()).optional(),
      scope: z.literal('cluster').optional(),
      perNode: z.boolean().optional(),
    }),
  ),
});

const files = readdirSync(assetPath('lab', 'addons'));

test.each(files)('%s has the shape that the lab takes for granted', (file) => {
  const raw: unknown = parse(readFileSync(assetPath('lab', 'addons', file), 'utf8'));
  expect(readAddon(basename(file, '.yaml'))).toEqual(addonSchema.parse(raw));
});
