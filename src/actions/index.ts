import { approveCsrs } from './approve-csrs.js';
import { cordon } from './cordon.js';
import { disarmNode } from './disarm-node.js';
import { drain } from './drain.js';
import { etcdForfeitLeadership } from './etcd-forfeit-leadership.js';
import { etcdSnapshot } from './etcd-snapshot.js';
import { fixBootOrder } from './fix-boot-order.js';
import { rebootNode } from './reboot-node.js';
import { resizeEphemeral } from './resize-ephemeral.js';
import { rollbackNode } from './rollback-node.js';
import type { Action } from './types.js';
import { uncordon } from './uncordon.js';
import { upgradeTalos } from './upgrade-talos.js';

/** In menu order. */
export const actions: readonly Action[] = [
  approveCsrs,
  etcdSnapshot,
  etcdForfeitLeadership,
  resizeEphemeral,
  rebootNode,
  rollbackNode,
  disarmNode,
  cordon,
  drain,
  uncordon,
  fixBootOrder,
  upgradeTalos,
];
