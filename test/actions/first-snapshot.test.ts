import { expect, test } from 'vitest';
import { firstSnapshot } from '../../src/actions/etcd-snapshot/first.js';
import { ClientError } from '../../src/model/errors.js';
import { failed } from '../support/builders.js';
import { aPlanContext, withSnapshot } from '../support/plan-contexts.js';

test('a snapshot first is refused with what etcd itself says when its members cannot be read', () => {
  const error = new ClientError('timeout', 'etcd has no leader', 'Start the control planes.');
  const context = withSnapshot(aPlanContext(), { etcdMembers: failed(error) });

  expect(firstSnapshot(context)).toEqual({
    kind: 'refusal',
    reason: 'The etcd members cannot be read: etcd has no leader',
    hint: 'Start the control planes.',
    gate: 'G-ETCD',
  });
});
