import { humanBytes } from '../../../talos/human-bytes.js';
import { needOneNode } from '../client.js';
import { ASKS_EACH_NODE } from '../client-version.js';
import { readTarget } from '../config.js';
import { CommandError } from '../errors.js';
import { ALARMS_RESPONSE, EMPTY_RESPONSE, MEMBERS_RESPONSE, STATUS_RESPONSE } from '../messages.js';
import { bigNumberField, numberField } from '../protobuf.js';
import { table } from '../table.js';
import { type Call, type Command, NO_FLAGS, print, withClient } from './command.js';
import { ETCD_SNAPSHOT } from './etcd-snapshot.js';

const hex = (id: bigint): string => id.toString(16).padStart(16, '0');

const members = (call: Call): Promise<void> =>
  withClient(call, async (client) => {
    const answers = await client.ask(
      'EtcdMemberList',
      MEMBERS_RESPONSE,
      numberField(1, 1),
      'error getting members',
    );
    const rows = answers.flatMap(({ node, members: list }) =>
      list.map((member) => [
        node,
        hex(member.id),
        member.hostname,
        member.peerUrls.join(','),
        member.clientUrls.join(','),
        String(member.isLearner),
      ]),
    );
    if (rows.length === 0 && !ASKS_EACH_NODE) return;
    print(table([['NODE', 'ID', 'HOSTNAME', 'PEER URLS', 'CLIENT URLS', 'LEARNER'], ...rows]));
  });

const STATUS_HEADER = [
  'NODE',
  'MEMBER',
  'DB SIZE',
  'IN USE',
  'LEADER',
  'RAFT INDEX',
  'RAFT TERM',
  'RAFT APPLIED INDEX',
  'LEARNER',
  'PROTOCOL',
  'STORAGE',
  'ERRORS',
];

const status = (call: Call): Promise<void> =>
  withClient(call, async (client) => {
    const answers = await client.ask(
      'EtcdStatus',
      STATUS_RESPONSE,
      Buffer.alloc(0),
      'error getting status',
    );
    const rows = answers.flatMap(({ node, memberStatus }) => {
      if (memberStatus === null) return [];
      const { dbSize, dbSizeInUse } = memberStatus;
      const ratio = dbSize === 0 ? 0 : dbSizeInUse / dbSize;
      return [
        [
          node,
          hex(memberStatus.memberId),
          humanBytes(dbSize),
          `${humanBytes(dbSizeInUse)} (${(ratio * 100).toFixed(2)}%)`,
          hex(memberStatus.leader),
          String(memberStatus.raftIndex),
          String(memberStatus.raftTerm),
          String(memberStatus.raftAppliedIndex),
          String(memberStatus.isLearner),
          memberStatus.protocolVersion,
          memberStatus.storageVersion,
          memberStatus.errors.join(', '),
        ],
      ];
    });
    print(table([STATUS_HEADER, ...rows]));
  });

const ALARM_NAMES = ['NONE', 'NOSPACE', 'CORRUPT'];

/** Nothing at all when there are no alarms (talos.md §3.4). */
const alarms = (method: 'EtcdAlarmList' | 'EtcdAlarmDisarm', purpose: string) => {
  return (call: Call): Promise<void> =>
    withClient(call, async (client) => {
      const answers = await client.ask(method, ALARMS_RESPONSE, Buffer.alloc(0), purpose);
      const rows = answers.flatMap(({ node, memberAlarms }) =>
        memberAlarms.map(({ memberId, alarm }) => [
          node,
          hex(memberId),
          ALARM_NAMES[alarm] ?? String(alarm),
        ]),
      );
      if (rows.length > 0) print(table([['NODE', 'MEMBER', 'ALARM'], ...rows]));
    });
};

/** Commands that are built for one node say nothing of nodes when they fail. */
const ONE_NODE: ReadonlySet<string> = new Set(['EtcdLeaveCluster', 'EtcdDefragment']);

/** @throws CommandError for more than one node. */
const silently = (method: string, command: string, purpose: string) => {
  return (call: Call): Promise<void> => {
    needOneNode(readTarget(call.args), command);
    return withClient(call, async (client) => {
      if (ONE_NODE.has(method)) await client.askOne(method, Buffer.alloc(0), purpose);
      else await client.ask(method, EMPTY_RESPONSE, Buffer.alloc(0), purpose);
    });
  };
};

async function removeMember(call: Call): Promise<void> {
  const [id] = call.operands;
  if (id === undefined || call.operands.length !== 1) {
    throw new CommandError(`accepts 1 arg(s), received ${call.operands.length}`);
  }
  if (!/^[0-9a-f]{1,16}$/i.test(id)) {
    throw new CommandError(
      `error parsing member ID: error parsing etcd member id: strconv.ParseUint: parsing ${JSON.stringify(id)}: invalid syntax`,
    );
  }
  await withClient(call, async (client) => {
    const request = bigNumberField(1, BigInt(`0x${id}`));
    await client.ask('EtcdRemoveMemberByID', EMPTY_RESPONSE, request, '');
  });
}

const plain = (names: readonly string[], run: Command['run']): Command => ({
  names,
  usage: names.join(' '),
  flags: NO_FLAGS,
  run: (call) => {
    const [extra] = call.operands;
    if (extra !== undefined) {
      throw new CommandError(`unknown command "${extra}" for "talosctl ${names.join(' ')}"`);
    }
    return run(call);
  },
});

export const ETCD_COMMANDS: readonly Command[] = [
  plain(['etcd', 'members'], members),
  plain(['etcd', 'status'], status),
  plain(['etcd', 'alarm', 'list'], alarms('EtcdAlarmList', 'error getting alarms')),
  plain(['etcd', 'alarm', 'disarm'], alarms('EtcdAlarmDisarm', 'error disarming alarms')),
  plain(['etcd', 'defrag'], silently('EtcdDefragment', 'etcd defrag', '')),
  plain(
    ['etcd', 'forfeit-leadership'],
    silently('EtcdForfeitLeadership', 'etcd forfeit-leadership', ''),
  ),
  plain(['etcd', 'leave'], silently('EtcdLeaveCluster', 'etcd leave', '')),
  {
    names: ['etcd', 'remove-member'],
    usage: 'etcd remove-member <member ID>',
    flags: NO_FLAGS,
    run: removeMember,
  },
  ETCD_SNAPSHOT,
];
