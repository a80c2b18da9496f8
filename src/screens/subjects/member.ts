import type { MemberRow } from '../../hooks/member-rows.js';
import type { Subject } from '../../hooks/modal.js';
import { formatBytes, formatPercent } from '../../model/format.js';
import { MEMBER_LEVEL } from '../parts/level-of.js';
import { inUseRatio } from './machine.js';
import { plainValue } from './readings.js';

/** `machine`: the subject of the machine that runs it. */
export function memberSubject(row: MemberRow, machine: Subject | null): Subject {
  const { member, name, health, status, seat, lag, alarms } = row;
  return {
    title: `etcd member ${name}`,
    answers: { ...machine?.answers, member: member.id },
    copyText: member.id,
    sections: () => [
      {
        title: 'Member',
        fields: [
          { label: 'Id', value: member.id },
          { label: 'Role', value: seat },
          {
            label: 'Health',
            value: 'reason' in health ? `${health.state}: ${health.reason}` : health.state,
            level: MEMBER_LEVEL[health.state],
          },
          { label: 'Peer URLs', value: member.peerUrls.join(', ') },
          { label: 'Client URLs', value: member.clientUrls.join(', ') },
          { label: 'Alarms', value: alarms.map(({ alarm }) => alarm).join(', ') || 'none' },
        ],
      },
      ...(status === null
        ? []
        : [
            {
              title: 'Status',
              fields: [
                { label: 'Database', value: formatBytes(status.dbSizeBytes) },
                {
                  label: 'In use',
                  value: `${formatBytes(status.dbSizeInUseBytes)} (${formatPercent(inUseRatio(status))})`,
                },
                { label: 'Term', value: String(status.raftTerm) },
                { label: 'Raft index', value: String(status.raftIndex) },
                { label: 'Applied', value: `${status.raftAppliedIndex} (lag ${lag ?? '?'})` },
                { label: 'Version', value: status.protocolVersion ?? 'not told' },
                ...status.errors.map((value) => ({
                  label: 'Error',
                  value,
                  level: 'fail' as const,
                })),
              ],
            },
          ]),
    ],
    yaml: () => plainValue({ member, health, status, alarms }),
  };
}
