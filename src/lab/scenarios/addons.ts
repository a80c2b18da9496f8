import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { assetPath } from '../../model/package-root.js';
import type { Addon } from '../world/addon-seed.js';

type Workload = Addon['workloads'][number];
type Definition = Addon['crds'][number];
type With<T, Defaults extends keyof T> = Omit<T, Defaults> & Partial<Pick<T, Defaults>>;

/** What may be left out has a default. */
interface AddonFile extends Omit<Addon, 'podSecurity' | 'workloads' | 'crds'> {
  readonly podSecurity?: string | null;
  readonly workloads: readonly With<Workload, 'replicas' | 'controlPlanesOnly'>[];
  readonly crds: readonly With<Definition, 'shortNames' | 'columns'>[];
}

/**
 * What a file in assets/lab/addons says. The files are a part of this package and a test holds them to their shape:
 * checking them here would cost every lab a tenth of its start.
 */
export function readAddon(name: string): Addon {
  const text = readFileSync(assetPath('lab', 'addons', `${name}.yaml`), 'utf8');
  const file = parse(text) as AddonFile;
  return {
    ...file,
    podSecurity: file.podSecurity ?? null,
    workloads: file.workloads.map((each) => ({ replicas: 1, controlPlanesOnly: false, ...each })),
    crds: file.crds.map((each) => ({ shortNames: [], columns: [], ...each })),
  };
}
