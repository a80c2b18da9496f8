import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { assetPath } from '../../model/package-root.js';
import type { Addon } from '../world/addon-seed.js';

const addonSchema = z.object({
  name: z.string(),
  namespace: z.string(),
  podSecurity: z.string().nullable().default(null),
  chart: z.object({ name: z.string(), version: z.string(), appVersion: z.string() }),
  serviceAccounts: z.array(z.string()),
  workloads: z.array(
    z.object({
      kind: z.enum(['DaemonSet', 'Deployment', 'StatefulSet']),
      name: z.string(),
      image: z.string(),
      labels: z.record(z.string(), z.string()),
      replicas: z.number().default(1),
      controlPlanesOnly: z.boolean().default(false),
    }),
  ),
  crds: z.array(
    z.object({
      group: z.string(),
      kind: z.string(),
      plural: z.string(),
      scope: z.enum(['Namespaced', 'Cluster']),
      version: z.string(),
      shortNames: z.array(z.string()).default([]),
      columns: z.array(z.object({ name: z.string(), path: z.string() })).default([]),
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

/** What a file in assets/lab/addons says. @throws ZodError, Error: the package is broken */
export const readAddon = (name: string): Addon =>
  addonSchema.parse(parse(readFileSync(assetPath('lab', 'addons', `${name}.yaml`), 'utf8')));
