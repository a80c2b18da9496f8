import type { PveClient } from '../../src/clients/types.js';
import { asPveNodeName } from '../../src/model/ids.js';
import type { PveTask } from '../../src/model/proxmox.js';

type TaskStatus = Awaited<ReturnType<PveClient['taskStatus']>>;

/** The part of Proxmox that takes orders; what it answers is up to the test. */
export interface PveOrders {
  readonly client: PveClient;
  /** `PUT /nodes/… {"size":"40G"}` of every order that was sent. */
  readonly sent: readonly string[];
  readonly asked: readonly string[];
}

export function pveOrders(answers: {
  readonly order?: () => Promise<string | null>;
  /** One after the other; the last one stays. */
  readonly status?: readonly (TaskStatus | Error)[];
  readonly tasks?: readonly PveTask[];
}): PveOrders {
  const sent: string[] = [];
  const asked: string[] = [];
  const states = [...(answers.status ?? [])];
  const unused = () => Promise.reject(new Error('Only orders are given here.'));
  return {
    sent,
    asked,
    client: {
      cluster: unused,
      resources: unused,
      vmConfig: unused,
      get: unused,
      tasks: async () => answers.tasks ?? [],
      async order(method, path, parameters) {
        sent.push(`${method} ${path} ${JSON.stringify(parameters)}`);
        return (await answers.order?.()) ?? null;
      },
      async taskStatus(upid) {
        asked.push(upid);
        const state = states.length > 1 ? states.shift() : states[0];
        if (state === undefined) throw new Error('No answer was prepared for the task.');
        if (state instanceof Error) throw state;
        return state;
      },
      close: async () => undefined,
    },
  };
}

export const running = (...lastLogLines: readonly string[]): TaskStatus => ({
  isRunning: true,
  exitStatus: null,
  lastLogLines,
});

export const ended = (exitStatus: string): TaskStatus => ({
  isRunning: false,
  exitStatus,
  lastLogLines: [],
});

export const aTask = (change: Partial<PveTask> = {}): PveTask => ({
  upid: 'UPID:pve1:1:2:3:resize:101:root@pam:',
  pveNode: asPveNodeName('pve1'),
  type: 'resize',
  objectId: '101',
  user: 'root@pam',
  startedAtMs: 0,
  endedAtMs: null,
  exitStatus: null,
  ...change,
});
