import { sanitise } from '../../model/sanitise.js';
import { findConnections } from '../choose-connection.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { SCHEMA } from '../output.js';

/** What is configured or was found; nothing is connected to. */
export async function clusters(invocation: Invocation): Promise<ExitCode> {
  const { isJson, output } = invocation;
  const { connections, problems } = await findConnections(invocation);
  if (isJson) {
    output.document({
      schema: SCHEMA,
      clusters: connections.map((each) => ({
        name: each.name,
        origin: each.origin,
        production: each.isProduction,
        readOnly: each.isReadOnly,
        talos: each.talos,
        kubernetes: each.kubernetes,
        proxmox: each.proxmox === null ? null : { url: each.proxmox.url },
      })),
      problems,
    });
    return EXIT.ok;
  }
  for (const each of connections) {
    const layers = [
      each.talos === null ? null : 'Talos',
      each.kubernetes === null ? null : 'Kubernetes',
      each.proxmox === null ? null : 'Proxmox',
    ].filter((layer) => layer !== null);
    const marks = [each.isProduction ? 'production' : '', each.isReadOnly ? 'read-only' : '']
      .filter((mark) => mark !== '')
      .map((mark) => ` · ${mark}`)
      .join('');
    output.line(sanitise(`${each.name}  ${layers.join(', ')} from ${each.origin}${marks}`));
  }
  if (connections.length === 0) {
    output.line('No cluster is configured and none was found. Try `talos-tui --demo`.');
  }
  for (const problem of problems) output.warn(sanitise(problem));
  return EXIT.ok;
}
