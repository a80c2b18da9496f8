import type { LabHandle, LabVm } from '../../src/lab/world/types.js';
import { type PveReply, pveCall } from './pve-wire.js';

type Values = Readonly<Record<string, string>>;

export interface PveGuest {
  readonly vm: () => LabVm;
  /** Any path of the API. */
  readonly call: (method: string, path: string, values?: Values) => Promise<PveReply>;
  /** A body as it is. */
  readonly raw: (path: string, body: string, contentType: string) => Promise<PveReply>;
  /** Below the guest. */
  readonly send: (method: string, path: string, values?: Values) => Promise<PveReply>;
  readonly get: (path: string) => Promise<unknown>;
  /** Orders a task and lets a minute pass. */
  readonly task: (
    method: string,
    path: string,
    values?: Values,
  ) => Promise<{ readonly exit: string; readonly log: string }>;
}

/** One guest of a lab through its HTTP door, with a token of choice. */
export function pveGuest(lab: LabHandle, vmId: number, token?: string): PveGuest {
  const vm = (): LabVm => {
    const found = lab.world.vms.get(vmId);
    if (found === undefined) throw new Error(`no VM ${vmId}`);
    return found;
  };
  const call: PveGuest['call'] = (method, path, values = {}) =>
    pveCall(lab, path, {
      method,
      ...(token === undefined ? {} : { token }),
      ...(method === 'DELETE' || method === 'GET'
        ? {}
        : { body: new URLSearchParams(values).toString() }),
    });
  const base = (): string => `/nodes/${lab.world.vms.get(vmId)?.pveNode ?? 'pve1'}/qemu/${vmId}`;
  const send: PveGuest['send'] = (method, path, values) => call(method, `${base()}${path}`, values);
  return {
    vm,
    call,
    raw: (path, body, contentType) => pveCall(lab, path, { method: 'POST', body, contentType }),
    send,
    get: async (path) => (await send('GET', path)).json.data,
    async task(method, path, values) {
      const { json, reason } = await send(method, path, values);
      const upid = String(json.data);
      if (!upid.startsWith('UPID:')) throw new Error(`no task: ${reason}`);
      lab.world.clock.advance(60_000);
      const at = `/nodes/${upid.split(':')[1]}/tasks/${encodeURIComponent(upid)}`;
      const status = (await call('GET', `${at}/status`)).json.data as { exitstatus: string };
      const lines = (await call('GET', `${at}/log?limit=0`)).json.data as { t: string }[];
      return { exit: status.exitstatus, log: lines.map(({ t }) => t).join('\n') };
    },
  };
}
