import type { Client } from './client.js';
import { CLIENT_VERSION } from './client-version.js';
import { CommandError } from './errors.js';
import { VERSION_RESPONSE } from './messages.js';

const NOTHING = Buffer.alloc(0);

const partsOf = (version: string): readonly number[] =>
  version.replace(/^v/, '').split(/[.-]/).slice(0, 3).map(Number);

/** Negative when `left` is older. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  return a.map((part, index) => part - (b[index] ?? 0)).find((distance) => distance !== 0) ?? 0;
}

/** `v1.12.4` of one node. @throws RpcError. */
export async function versionOf(client: Client, node: string): Promise<string> {
  const bytes = await client.askNode(node, 'machine.MachineService/Version', NOTHING);
  return VERSION_RESPONSE.decode(bytes).messages[0]?.version?.tag ?? '';
}

/** talos: ClientVersionCheck. Nodes that do not answer are no concern here. */
export async function checkVersions(client: Client): Promise<void> {
  const found = await Promise.all(
    client.target.nodes.map(async (node) => ({
      node,
      version: await versionOf(client, node).catch((error: unknown) => {
        if (error instanceof CommandError) return null;
        throw error;
      }),
    })),
  );
  const warnings = found.flatMap(({ node, version }) =>
    version !== null && version !== '' && compareVersions(version, CLIENT_VERSION) < 0
      ? [
          `${node}: server version ${version.slice(1)} is older than client version ${CLIENT_VERSION.slice(1)}`,
        ]
      : [],
  );
  if (warnings.length > 0) process.stderr.write(`WARNING: ${warnings.join(', ')}\n`);
}
