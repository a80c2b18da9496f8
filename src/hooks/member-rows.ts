import type { EtcdAlarm } from '../model/etcd.js';
import { machinesOf } from '../model/machines.js';
import { type MemberState, quorumState } from '../model/quorum.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import type { EtcdMemberStatus } from '../model/talos.js';
import { perSnapshot } from './per-snapshot.js';

/** One etcd member with everything its own node says of it. */
export interface MemberRow extends MemberState {
  /** Of the machine that runs it. */
  readonly machineKey: string | null;
  readonly status: EtcdMemberStatus | null;
  readonly seat: 'leader' | 'voter' | 'learner';
  /** Entries that the newest member has committed and this one has not applied. */
  readonly lag: number | null;
  readonly alarms: readonly EtcdAlarm[];
  readonly dbHistory: readonly number[];
}

export const memberRows: (snapshot: Snapshot) => readonly MemberRow[] = perSnapshot(derive);

function derive(snapshot: Snapshot): readonly MemberRow[] {
  const { members, leaderId, alarms } = quorumState(snapshot);
  const machines = new Map(
    machinesOf(snapshot).flatMap((each) => (each.member ? [[each.member.id, each]] : [])),
  );
  const rows = members.map((state) => {
    const machine = machines.get(state.member.id) ?? null;
    const talos = machine?.talos ?? null;
    return { state, machine, talos, status: (talos && knownValue(talos.etcd)) ?? null };
  });
  const newest = Math.max(0, ...rows.map(({ status }) => status?.raftIndex ?? 0));
  return rows.map(({ state, machine, talos, status }) => ({
    ...state,
    machineKey: machine?.key ?? null,
    status,
    seat: state.member.isLearner ? 'learner' : state.member.id === leaderId ? 'leader' : 'voter',
    lag: status === null ? null : Math.max(0, newest - status.raftAppliedIndex),
    alarms: alarms.filter(({ memberId }) => memberId === state.member.id),
    dbHistory: talos?.history.dbSizeBytes ?? [],
  }));
}
