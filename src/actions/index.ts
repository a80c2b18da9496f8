import { approveCsrs } from './approve-csrs.js';
import { etcdSnapshot } from './etcd-snapshot.js';
import type { Action } from './types.js';

/** In menu order. */
export const actions: readonly Action[] = [approveCsrs, etcdSnapshot];
