import { TalosTestClient, type TalosTestLab } from './talos-lab.js';

const CHUNK_BYTES = 64 * 1024;

/** Sends a file in chunks, as `EtcdRecover` takes it. */
export async function talosUpload(
  lab: TalosTestLab,
  hostname: string,
  path: string,
  file: Buffer,
): Promise<void> {
  const client = new TalosTestClient(lab, lab.node(hostname).address);
  const frames: object[] = [];
  for (let start = 0; start < file.length; start += CHUNK_BYTES) {
    frames.push({ bytes: file.subarray(start, start + CHUNK_BYTES) });
  }
  try {
    await client.upload(path, frames, { node: lab.node(hostname).address });
  } finally {
    client.close();
  }
}
