import type { Subject } from '../../hooks/modal.js';
import { formatDateTime } from '../../model/format.js';
import type { PveTask, Vm } from '../../model/proxmox.js';
import { vmSection } from './machine.js';
import { plainValue } from './readings.js';

export const guestSubject = (vm: Vm): Subject => ({
  title: `VM ${vm.id} ${vm.name}`,
  answers: { vm: String(vm.id), node: vm.name },
  copyText: String(vm.id),
  sections: () => [vmSection(vm)],
  yaml: () => plainValue(vm),
});

export const taskSubject = (task: PveTask): Subject => ({
  title: `Task ${task.type} ${task.objectId}`.trim(),
  answers: {},
  copyText: task.upid,
  sections: () => [
    {
      title: 'Task',
      fields: [
        { label: 'UPID', value: task.upid },
        { label: 'Host', value: task.pveNode },
        { label: 'User', value: task.user },
        { label: 'Started', value: formatDateTime(task.startedAtMs) },
        {
          label: 'Ended',
          value: task.endedAtMs === null ? 'still running' : formatDateTime(task.endedAtMs),
        },
        { label: 'Result', value: task.exitStatus ?? 'still running' },
      ],
    },
  ],
  yaml: () => plainValue(task),
});
