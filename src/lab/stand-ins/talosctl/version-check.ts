import type { Client } from './client.js';
import { ASKS_EACH_NODE, CLIENT_VERSION } from './client-version.js';
import { CommandError, joined } from './errors.js';
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

/** talos: ClientVersionCheck. @throws CommandError. */
export async function checkVersions(client: Client): Promise<void> {
  const found = await Promise.all(
    client.target.nodes.map(async (node) => {
      try {
        return { node, version: await versionOf(client, node), failure: null };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        const failure = `${node}: error getting server version: ${error.message}`;
        return { node, version: null, failure };
      }
    }),
  );
  const failures = found.flatMap(({ failure }) => failure ?? []);
  // From 1.14 on a node that does not answer ends the command.
  if (ASKS_EACH_NODE && failures.length > 0) throw joined(failures);
  const warnings = found.flatMap(({ node, version }) =>
    version !== null && version !== '' && compareVersions(version, CLIENT_VERSION) < 0
      ? [
          `${node}: server version ${version.slice(1)} is older than client version ${CLIENT_VERSION.slice(1)}`,
        ]
      : [],
  );
  if (warnings.length > 0) process.stderr.write(`WARNING: ${warnings.join(', ')}\n`);
}
