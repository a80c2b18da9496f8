import { hasPveQuorum } from '../world/pve-hosts.js';
import type { LabVm } from '../world/types.js';
import { guestOn } from './guests.js';
import { hostNamed } from './hosts.js';
import { noQuorum } from './refusal.js';
import type { Call } from './route.js';

/** The guest of the path, on the host of the path. @throws PveRefusal 500, 595, 596 */
export const guestCall = (call: Call): LabVm =>
  guestOn(call.world, hostNamed(call, call.path.node ?? '').name, call.path.vmid ?? '');

/** The owner of the guest writes, so its own partition counts. @throws PveRefusal 500 */
export function needQuorum(call: Call): void {
  const owner = hostNamed(call, call.path.node ?? '');
  if (!hasPveQuorum(call.world, owner)) throw noQuorum();
}
