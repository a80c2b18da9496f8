import { formatList } from '../../model/format.js';
import { storageKey } from '../../model/inspection.js';
import { isProxmoxNamed } from '../../model/proxmox-named.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  whenFresh,
} from './judge.js';

/** What an order to Proxmox needs (proxmox reference 10.2); a refused one would stop a run half-way. */
export interface NeededPrivileges {
  /** On the guest: `VM.Config.Disk`. */
  readonly guest: readonly string[];
  /** Where the guest takes more space from; null when it takes none. */
  readonly storage: string | null;
}

const ALLOCATE = 'Datastore.AllocateSpace';

/** G-PVEPRIV: our token may give the orders of the plan. */
export function privilegesGate(
  { snapshot, facts }: PlanContext,
  { name, vm }: NodeTarget,
  needed: NeededPrivileges,
): Gate {
  const { storage } = needed;
  const onGuest = `${formatList(needed.guest)} on /vms/${vm?.id ?? 'ID'}`;
  const wanted = storage === null ? onGuest : `${onGuest} and ${ALLOCATE} on /storage/${storage}`;
  return judge(
    {
      id: 'G-PVEPRIV',
      title: `Proxmox lets us change the guest of ${name}`,
      remedy: `Give user and token a role with ${wanted}.`,
      override: 'no',
    },
    objections(),
    isProxmoxNamed(snapshot.cluster) ? wanted : 'no Proxmox is configured',
  );

  function objections(): Objections {
    if (!isProxmoxNamed(snapshot.cluster)) return NO_OBJECTIONS;
    if (vm === null) return unknown(`which guest ${name} is, is not known`);
    const { vms, storages } = facts.inspection;
    return together([
      whenFresh(`what we may do with VM ${vm.id}`, vms.get(vm.id), ({ privileges }) =>
        red(...lacking(needed.guest, privileges, `/vms/${vm.id}`)),
      ),
      storage === null
        ? NO_OBJECTIONS
        : whenFresh(
            `what we may do with ${storage}`,
            storages.get(storageKey(vm.pveNode, storage)),
            ({ privileges }) => red(...lacking([ALLOCATE], privileges, `/storage/${storage}`)),
          ),
    ]);
  }
}

const lacking = (
  needed: readonly string[],
  privileges: readonly string[],
  path: string,
): readonly string[] =>
  needed
    .filter((privilege) => !privileges.includes(privilege))
    .map((privilege) => `the token has no ${privilege} on ${path}`);
