// Changes that no test can notice because they change nothing, each with the reason.
const UNSHOWN = 'the text of a green gate is not shown while the reading behind it is missing';

/** `what` is as the report prints it, with every run of spaces as one; `where` is part of its line. */
export const EQUIVALENT = [
  { file: 'config', what: "'' → 'mutated'", where: "verdict === null ? ''", why: UNSHOWN },
  { file: 'drain', what: '0 → 1', where: 'leaving.length ?? 0', why: UNSHOWN },
  { file: 'ephemeral', what: "'' → 'mutated'", where: "room === null ? ''", why: UNSHOWN },
  { file: 'machines', what: '0 → 1', where: 'length ?? 0', why: UNSHOWN },
  { file: 'proxmox', what: "'' → 'mutated'", where: "seen === undefined ? ''", why: UNSHOWN },
  { file: 'snapshot', what: "'' → 'mutated'", where: "newest === undefined ? ''", why: UNSHOWN },
  { file: 'stores', what: '0 → 1', where: 'stores.length ?? 0', why: UNSHOWN },
  {
    file: 'etcd',
    what: "taken.length === 0 ? [leftObjections(voters, quorumOf(voters.length), '')] : [] → [leftObjections(voters, quorumOf(voters.length), '')]",
    where: 'taken.length === 0 ? [leftObjections',
    why: 'who keeps the quorum without one member has it with all of them',
  },
  {
    file: 'programs',
    what: 'skew.cluster === null ? null : minorOf(skew.cluster) → minorOf(skew.cluster)',
    where: 'skew.cluster === null',
    why: 'the word null is no version either',
  },
  {
    file: 'time',
    what: 'skewMs === null ? [] : [{ name: nameAt(context, address), skewMs }] → [{ name: nameAt(context, address), skewMs }]',
    where: 'skewMs === null',
    why: 'null counts as 0, which is the clock of this host, and is objected to anyway',
  },
];
