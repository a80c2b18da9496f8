import {
  bool,
  bytes,
  message,
  nested,
  number,
  repeated,
  string,
  strings,
  uint64,
} from './protobuf.js';

/** Field numbers of talos-wire.md §3, §4, §7. */
const STATUS = message({ code: number(1), message: string(2) });
export const METADATA = message({
  hostname: string(1),
  error: string(2),
  status: nested(3, STATUS),
});
export const TIMESTAMP = message({ seconds: number(1), nanos: number(2) });
const MAP_ENTRY = message({ key: string(1), value: string(2) });

export const DATA = message({ metadata: nested(1, METADATA), bytes: bytes(2) });

const VERSION = message({
  metadata: nested(1, METADATA),
  version: nested(
    2,
    message({
      tag: string(1),
      sha: string(2),
      built: string(3),
      goVersion: string(4),
      os: string(5),
      arch: string(6),
    }),
  ),
  platform: nested(3, message({ name: string(1), mode: string(2) })),
  features: nested(4, message({ rbac: bool(1) })),
});

const MEMBER = message({
  id: uint64(2),
  hostname: string(3),
  peerUrls: strings(4),
  clientUrls: strings(5),
  isLearner: bool(6),
});

const MEMBERS = message({ metadata: nested(1, METADATA), members: repeated(3, MEMBER) });

const ETCD_STATUS = message({
  metadata: nested(1, METADATA),
  memberStatus: nested(
    2,
    message({
      protocolVersion: string(1),
      dbSize: number(2),
      dbSizeInUse: number(3),
      leader: uint64(4),
      raftIndex: uint64(5),
      raftTerm: uint64(6),
      raftAppliedIndex: uint64(7),
      errors: strings(8),
      isLearner: bool(9),
      memberId: uint64(10),
      storageVersion: string(11),
    }),
  ),
});

const ALARMS = message({
  metadata: nested(1, METADATA),
  memberAlarms: repeated(2, message({ memberId: uint64(1), alarm: number(2) })),
});

const SERVICE = message({
  id: string(1),
  state: string(2),
  events: nested(
    3,
    message({
      events: repeated(1, message({ msg: string(1), state: string(2), ts: nested(3, TIMESTAMP) })),
    }),
  ),
  health: nested(
    4,
    message({
      unknown: bool(1),
      healthy: bool(2),
      lastMessage: string(3),
      lastChange: nested(4, TIMESTAMP),
    }),
  ),
});

const SERVICES = message({ metadata: nested(1, METADATA), services: repeated(2, SERVICE) });
const NOTHING = message({ metadata: nested(1, METADATA) });

export const VERSION_RESPONSE = message({ messages: repeated(1, VERSION) });
export const MEMBERS_RESPONSE = message({ messages: repeated(1, MEMBERS) });
export const STATUS_RESPONSE = message({ messages: repeated(1, ETCD_STATUS) });
export const ALARMS_RESPONSE = message({ messages: repeated(1, ALARMS) });
export const SERVICES_RESPONSE = message({ messages: repeated(1, SERVICES) });
export const EMPTY_RESPONSE = message({ messages: repeated(1, NOTHING) });

const RESOURCE = message({
  metadata: nested(
    1,
    message({
      namespace: string(1),
      type: string(2),
      id: string(3),
      version: string(4),
      owner: string(5),
      phase: string(6),
      created: nested(7, TIMESTAMP),
      updated: nested(8, TIMESTAMP),
      finalizers: strings(9),
      labels: repeated(10, MAP_ENTRY),
      annotations: repeated(11, MAP_ENTRY),
    }),
  ),
  spec: nested(2, message({ protoSpec: bytes(1), yamlSpec: string(2) })),
});

/** GetResponse and ListResponse. */
export const RESOURCE_RESPONSE = message({ resource: nested(1, RESOURCE) });

export const WATCH_RESPONSE = message({
  events: repeated(
    1,
    message({ resource: nested(1, RESOURCE), type: number(2), error: string(4) }),
  ),
});

export const DEFINITION = message({
  type: string(1),
  displayType: string(2),
  defaultNamespace: string(3),
  aliases: strings(4),
  allAliases: strings(5),
  columns: repeated(6, message({ name: string(1), jsonPath: string(2) })),
});

export const CLIENT_CONFIGURATION_RESPONSE = message({
  messages: repeated(1, message({ metadata: nested(1, METADATA), talosconfig: bytes(5) })),
});

export const HEALTH_PROGRESS = message({ metadata: nested(1, METADATA), message: string(2) });

export const MEMORY_RESPONSE = message({
  messages: repeated(
    1,
    message({ metadata: nested(1, METADATA), info: nested(2, message({ total: number(1) })) }),
  ),
});
