import { talosMinor } from './talos-version.js';
import type { LabNode } from './types.js';

/** What a Talos minor brings by default, and what the lab runs with it. */
interface Release {
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  readonly etcdVersion: string;
}

/**
 * talos.md §7. Kubernetes is 1.35 where Talos runs it: that is the API that the lab serves; 1.11 ends at 1.34.
 */
const RELEASES: readonly Release[] = [
  { talosVersion: 'v1.11.6', kubernetesVersion: 'v1.34.1', etcdVersion: '3.6.5' },
  { talosVersion: 'v1.12.4', kubernetesVersion: 'v1.35.0', etcdVersion: '3.6.7' },
  { talosVersion: 'v1.13.9', kubernetesVersion: 'v1.35.0', etcdVersion: '3.6.12' },
  { talosVersion: 'v1.14.1', kubernetesVersion: 'v1.35.0', etcdVersion: '3.7.1' },
];

export const DEFAULT_TALOS = 'v1.12.4';

/** Versions that belong together; null = a minor that the lab does not speak. */
export function releaseOf(talosVersion: string): Release | null {
  const minor = talosMinor(talosVersion);
  const release = RELEASES.find((each) => talosMinor(each.talosVersion) === minor);
  return release === undefined ? null : { ...release, talosVersion };
}

/** etcd comes with Talos: a machine that is upgraded runs another one. */
export const etcdVersionOf = ({ talosVersion }: LabNode): string =>
  releaseOf(talosVersion)?.etcdVersion ?? '';
