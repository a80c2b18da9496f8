import { systemClock } from '../../clients/clock.js';
import { formatCount, inNumber } from '../../model/format.js';
import type { Machine, Verdict } from '../../model/machine.js';
import { machinesOf } from '../../model/machines.js';
import type { Snapshot } from '../../model/snapshot.js';
import { statusDocument } from '../../model/status.js';
import { unreachable } from '../../model/unreachable.js';
import { isNothingReachable } from '../../model/verdict.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { statusNotes } from '../status-notes.js';
import { waitUntilHeard } from '../wait.js';
import { withCluster } from '../with-cluster.js';

const WIDTH = 80;
/** ink-table needs a second for a thousand rows: beyond this only what is not well is printed. */
const MOST_ROWS = 200;

/** Prints what is known now, once. */
export function status(invocation: Invocation): Promise<ExitCode> {
  return withCluster(invocation, async (attached) => {
    await waitUntilHeard(attached);
    const snapshot = attached.snapshots.get();
    const document = statusDocument(snapshot, { nowMs: systemClock.now() });
    if (invocation.isJson) invocation.output.document(document);
    else await printStatus(snapshot, invocation);
    return isNothingReachable(snapshot) ? EXIT.unreachable : exitCodeOfVerdict(document.verdict);
  });
}

/** A warning is worth reading, but the cluster works: monitoring goes by 0. Unknown is never healthy. */
function exitCodeOfVerdict({ level }: Verdict): ExitCode {
  switch (level) {
    case 'ok':
    case 'warn':
      return EXIT.ok;
    case 'fail':
    case 'unknown':
      return EXIT.failed;
    default:
      return unreachable(level);
  }
}

async function printStatus(snapshot: Snapshot, { output, options }: Invocation): Promise<void> {
  const machines = machinesOf(snapshot);
  const shown =
    machines.length > MOST_ROWS ? machines.filter(({ level }) => level !== 'ok') : machines;
  const { head, tail } = statusNotes(snapshot, systemClock.now());
  for (const line of head) output.line(line);
  if (shown.length > 0) {
    const { printTable } = await import('../printed-table.js');
    output.line(
      printTable<Machine>({
        rows: shown,
        columns: [
          { title: 'MACHINE', value: ({ name }) => name, shrink: 2 },
          { title: 'ROLE', value: ({ role }) => role, shrink: 1 },
          { title: 'VM', value: ({ layers }) => layers.vm.word, shrink: 1 },
          { title: 'TALOS', value: ({ layers }) => layers.talos.word, shrink: 1 },
          { title: 'ETCD', value: ({ layers }) => layers.etcd.word, shrink: 1 },
          { title: 'KUBERNETES', value: ({ layers }) => layers.kubernetes.word, shrink: 1 },
        ],
        width: WIDTH,
        isAscii: options.isAscii,
      }),
    );
  }
  if (shown.length < machines.length) {
    const hidden = machines.length - shown.length;
    const verb = inNumber(hidden, 'is', 'are');
    output.line(`${formatCount(hidden, 'machine')} that ${verb} well ${verb} not listed.`);
  }
  for (const line of tail) output.line(line);
}
