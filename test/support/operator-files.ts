import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file and the directories above it. */
export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** A talosconfig as far as discovery reads it: contexts with endpoints, the first one current. */
export const talosconfigText = (contexts: Readonly<Record<string, readonly string[]>>): string =>
  JSON.stringify({
    context: Object.keys(contexts)[0],
    contexts: Object.fromEntries(
      Object.entries(contexts).map(([name, endpoints]) => [name, { endpoints }]),
    ),
  });

/** A kubeconfig with one cluster per context: context name → server. */
export const kubeconfigText = (contexts: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': Object.keys(contexts)[0],
    clusters: Object.entries(contexts).map(([name, server]) => ({
      name: `cluster-of-${name}`,
      cluster: { server },
    })),
    users: Object.keys(contexts).map((name) => ({ name, user: {} })),
    contexts: Object.keys(contexts).map((name) => ({
      name,
      context: { cluster: `cluster-of-${name}`, user: name },
    })),
  });
