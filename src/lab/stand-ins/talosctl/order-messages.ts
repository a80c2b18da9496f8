import { METADATA, TIMESTAMP } from './messages.js';
import { bool, bytes, message, nested, number, repeated, string, strings } from './protobuf.js';

/** What orders to machines answer, and the events that tell how they go: talos-wire.md §7 and §9. */
export const ACTOR_RESPONSE = message({
  messages: repeated(1, message({ metadata: nested(1, METADATA), actorId: string(2) })),
});

export const UPGRADE_RESPONSE = message({
  messages: repeated(
    1,
    message({ metadata: nested(1, METADATA), ack: string(2), actorId: string(3) }),
  ),
});

export const SERVICE_ACTION_RESPONSE = message({
  messages: repeated(1, message({ metadata: nested(1, METADATA), resp: string(2) })),
});

export const EVENT = message({
  metadata: nested(1, METADATA),
  data: nested(2, message({ typeUrl: string(1), value: bytes(2) })),
  id: string(3),
  actorId: string(4),
});

export const SEQUENCE_EVENT = message({
  sequence: string(1),
  action: number(2),
  error: nested(3, message({ code: number(1), message: string(2) })),
});
export const STEP_EVENT = message({ name: string(1), action: number(2) });
export const SERVICE_EVENT = message({
  service: string(1),
  action: number(2),
  message: string(3),
  health: nested(4, message({ unknown: bool(1), healthy: bool(2) })),
});
export const STATUS_EVENT = message({
  stage: number(1),
  status: nested(
    2,
    message({
      ready: bool(1),
      unmet: repeated(2, message({ name: string(1), reason: string(2) })),
    }),
  ),
});

export const PULL_FRAME = message({ name: string(1) });

/** `exit_code` 0 is on the wire all the same: it is part of a oneof. */
export const INSTALL_FRAME = message({
  progress: nested(1, message({ message: string(1), exitCode: numberOrNull(2) })),
});

function numberOrNull(position: number) {
  const field = number(position);
  return {
    number: position,
    empty: null as number | null,
    read: (reader: Parameters<typeof field.read>[0]): number | null => field.read(reader, 0),
  };
}

export const IMAGE_FRAME = message({
  name: string(1),
  digest: string(2),
  size: number(3),
  createdAt: nested(4, TIMESTAMP),
  labels: repeated(5, message({ key: string(1), value: string(2) })),
});

export const LEGACY_IMAGE_FRAME = message({
  metadata: nested(1, METADATA),
  name: string(2),
  digest: string(3),
  size: number(4),
  createdAt: nested(5, TIMESTAMP),
});

export const APPLY_RESPONSE = message({
  messages: repeated(
    1,
    message({
      metadata: nested(1, METADATA),
      warnings: strings(2),
      mode: number(3),
      modeDetails: string(4),
    }),
  ),
});

export const MOUNTS_RESPONSE = message({
  messages: repeated(
    1,
    message({
      metadata: nested(1, METADATA),
      stats: repeated(
        2,
        message({
          filesystem: string(1),
          size: number(2),
          available: number(3),
          mountedOn: string(4),
        }),
      ),
    }),
  ),
});
