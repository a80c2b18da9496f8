import { status } from '@grpc/grpc-js';
import { realNowMs } from '../../world/clock.js';
import type { CallContext, Service } from '../calls.js';
import { timestamp } from '../collection.js';
import { Failure } from '../failure.js';
import { READERS } from '../roles.js';

/** talos: constants.DefaultNTPServer. */
const DEFAULT_SERVER = 'time.cloudflare.com';

/** A node's clock against the time that all the world agrees on. */
function check({ talos, node }: CallContext, server: string): object {
  if (!/^[\w.:-]+$/.test(server)) {
    throw new Failure(
      status.UNKNOWN,
      `error querying NTP server "${server}": lookup ${server}: no such host`,
    );
  }
  const { clock } = talos.world;
  // Where time flies, or was moved on, nobody's clock is wrong: only jumps and skews are.
  const nowMs = realNowMs() + clock.now() - clock.monotonicMs();
  return {
    server,
    localtime: timestamp(nowMs + node.machine.clockSkewMs),
    remotetime: timestamp(nowMs),
  };
}

export const TIME_SERVICE: Service = {
  name: 'time.TimeService',
  file: 'time.proto',
  fansOut: true,
  methods: {
    Time: {
      kind: 'unary',
      isWrapped: true,
      roles: READERS,
      answer: (context) => check(context, DEFAULT_SERVER),
    },
    TimeCheck: {
      kind: 'unary',
      isWrapped: true,
      roles: READERS,
      answer: (context, request) => check(context, (request as { readonly server: string }).server),
    },
  },
};
