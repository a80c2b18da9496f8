import { asPveNodeName, type PveNodeName } from '../model/ids.js';

/** pve-common: PVE::Tools::upid_decode. The id may be empty, the user may be a token. */
const UPID =
  /^UPID:([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?):[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:\s/]+:[^:\s/]*:[^:\s/]+:$/;

/** The host that the task runs on; null when the text is no UPID. */
export function nodeOfUpid(text: string): PveNodeName | null {
  const node = UPID.exec(text)?.[1];
  return node === undefined ? null : asPveNodeName(node);
}
