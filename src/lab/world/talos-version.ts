/** `v1.12.4` → [1, 12, 4]; a pre-release counts as its release. */
function partsOf(version: string): readonly [number, number, number] {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0), Number(match?.[3] ?? 0)];
}

/** The minor decides what a node speaks: 12 for `v1.12.4`. */
export const talosMinor = (version: string): number => partsOf(version)[1];

/** Negative when `left` is older. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** talos compatibility tables: the Kubernetes minors that a Talos minor runs, oldest and newest. */
export const kubernetesRange = (minor: number): readonly [number, number] => [
  minor + 18,
  minor + 23,
];
