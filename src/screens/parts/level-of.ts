import type { MemberHealth } from '../../model/etcd-layer.js';
import type { Level } from '../../model/machine.js';
import type { RunState, RunStepSummary } from '../../model/run.js';

export const MEMBER_LEVEL: Readonly<Record<MemberHealth['state'], Level>> = {
  healthy: 'ok',
  unhealthy: 'warn',
  unreachable: 'fail',
  unknown: 'unknown',
  waiting: 'wait',
};

/** `up` and `down`; `unknown` is what the kernel says of links without carrier detection. */
export const linkLevel = (operationalState: string): Level =>
  operationalState === 'up' ? 'ok' : operationalState === 'down' ? 'fail' : 'unknown';

export const RUN_LEVEL: Readonly<Record<RunState, Level>> = {
  starting: 'wait',
  running: 'wait',
  paused: 'warn',
  succeeded: 'ok',
  failed: 'fail',
  cancelled: 'none',
  interrupted: 'fail',
};

export const STEP_LEVEL: Readonly<Record<RunStepSummary['state'], Level>> = {
  pending: 'none',
  running: 'wait',
  waiting: 'wait',
  done: 'ok',
  'already-done': 'ok',
  failed: 'fail',
};
