/** An error of the Proxmox API: its text travels in the HTTP reason phrase. */
export class PveRefusal extends Error {
  constructor(
    readonly code: number,
    text: string,
    /** Per parameter, for 400 only. */
    readonly errors?: Readonly<Record<string, string>>,
    /** Virtual milliseconds until it is said. */
    readonly afterMs = 0,
  ) {
    super(text);
    this.name = 'PveRefusal';
  }
}

export const invalidParameters = (errors: Readonly<Record<string, string>>): PveRefusal =>
  new PveRefusal(400, 'Parameter verification failed.', errors);

/** Everything that died in the worker comes out as 500. */
export const died = (text: string, afterMs = 0): PveRefusal =>
  new PveRefusal(500, text, undefined, afterMs);

export const missingPrivilege = (path: string, privilege: string): PveRefusal =>
  new PveRefusal(403, `Permission check failed (${path}, ${privilege})`);

export const notImplemented = (method: string, path: string): PveRefusal =>
  new PveRefusal(501, `Method '${method} ${path}' not implemented`);

/** pmxcfs is read-only without a quorum. */
export const noQuorum = (): PveRefusal => died('cluster not ready - no quorum?');

/** A guest that is missing, or whose configuration is on another node. */
export const missingGuest = (node: string, vmid: string): PveRefusal =>
  died(`Configuration file 'nodes/${node}/qemu-server/${vmid}.conf' does not exist`);
