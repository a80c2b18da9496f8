import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type * as Grpc from '@grpc/grpc-js';
import { ClientError, ConfigurationError } from '../model/errors.js';
import type { Clock } from './clock.js';
import {
  type CallLimits,
  type CollectLimits,
  collectCall,
  followCall,
  unaryCall,
} from './talos-calls.js';
import type { Procedure } from './talos-proto.js';
import type { TalosAccess } from './talosconfig.js';

export interface CallTarget {
  /** The endpoint's apid forwards to this node; null asks the endpoint itself. */
  readonly node: string | null;
}

export interface StreamHandlers {
  readonly onMessage: (message: unknown) => void;
  /**
   * Once: the stream is over, also when the server ended it politely. Never after `stop`.
   * @param isLinkLost The whole connection went down: nothing is known about the node.
   */
  readonly onEnd: (error: ClientError, isLinkLost: boolean) => void;
}

/** The library as Node and a bundle both give it: CommonJS below `default`. */
export type GrpcLibrary = Omit<typeof Grpc, 'default'>;

/** One HTTP/2 connection to one apid. It does not reconnect: a lost link is replaced. */
export interface Link {
  /** `host:port` */
  readonly address: string;
  /** @throws ClientError */
  readonly unary: (
    procedure: Procedure,
    request: object,
    target: CallTarget,
    limits: CallLimits,
  ) => Promise<unknown>;
  /** All messages of a stream that ends by itself. @throws ClientError */
  readonly collect: (
    procedure: Procedure,
    request: object,
    target: CallTarget,
    limits: CollectLimits,
  ) => Promise<readonly unknown[]>;
  /** @returns stop */
  readonly stream: (
    procedure: Procedure,
    request: object,
    target: CallTarget,
    handlers: StreamHandlers,
  ) => () => void;
  /** Calls back once when an established connection is gone. */
  readonly onLost: (listener: () => void) => void;
  readonly close: () => void;
}

/** talos@1.12 machinery: constants.GRPCMaxMessageSize. */
const MAX_MESSAGE_BYTES = 32 * 1024 ** 2;

const CHANNEL_OPTIONS: Grpc.ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  // An apt proxy in the environment of a Proxmox host would take the connection.
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 500,
  'grpc.max_reconnect_backoff_ms': 5000,
  'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
  'grpc.service_config_disable_resolution': 1,
  // Shared connections would pass the back-off of a dead link on to its replacement.
  'grpc.use_local_subchannel_pool': 1,
  // No keepalive: apid answers pings closer than 5 min with GOAWAY too_many_pings (grpc-go defaults).
};

export function openLink(
  grpc: GrpcLibrary,
  address: string,
  access: TalosAccess,
  clock: Clock,
): Link {
  const client = new grpc.Client(address, credentials(grpc, address, access), {
    ...CHANNEL_OPTIONS,
    ...serverName(address),
  });
  let isClosed = false;

  const isConnected = () =>
    !isClosed && client.getChannel().getConnectivityState(false) === grpc.connectivityState.READY;
  const metadataFor = ({ node }: CallTarget) => {
    const metadata = new grpc.Metadata();
    metadata.set('runtime', 'Talos');
    if (node !== null) metadata.set('node', node);
    return metadata;
  };
  const openStream = ({ path, encode, decode }: Procedure, request: object, target: CallTarget) =>
    client.makeServerStreamRequest<object, unknown>(
      path,
      encode,
      decode,
      request,
      metadataFor(target),
    );

  return {
    address,
    async unary({ path, encode, decode }, request, target, limits) {
      if (isClosed) throw lost(address, GIVEN_UP);
      const metadata = metadataFor(target);
      return await unaryCall(
        (done) => client.makeUnaryRequest(path, encode, decode, request, metadata, done),
        target.node ?? address,
        clock,
        limits,
      );
    },
    async collect(procedure, request, target, limits) {
      if (isClosed) throw lost(address, GIVEN_UP);
      const call = openStream(procedure, request, target);
      return await collectCall(call, target.node ?? address, clock, limits);
    },
    stream(procedure, request, target, { onMessage, onEnd }) {
      const subject = target.node ?? address;
      if (isClosed) {
        queueMicrotask(() => onEnd(lost(address, GIVEN_UP), true));
        return () => {};
      }
      let isStopped = false;
      // The channel learns of its loss after its streams do.
      const end = (error: ClientError | null) =>
        setImmediate(() => {
          if (isStopped) return;
          onEnd(error ?? lost(subject, 'the node closed the stream'), !isConnected());
        });
      const stop = followCall(openStream(procedure, request, target), subject, {
        onMessage,
        onEnd: end,
      });
      return () => {
        isStopped = true;
        stop();
      };
    },
    onLost(listener) {
      const { READY } = grpc.connectivityState;
      client.getChannel().watchConnectivityState(READY, Number.POSITIVE_INFINITY, () => {
        if (!isClosed) listener();
      });
    },
    close() {
      isClosed = true;
      client.close();
    },
  };
}

const GIVEN_UP = 'the connection was given up';

const lost = (subject: string, how: string): ClientError =>
  new ClientError('unreachable', `${subject}: ${how}`, 'Wait a moment: it is tried again.');

function credentials(
  grpc: GrpcLibrary,
  address: string,
  access: TalosAccess,
): Grpc.ChannelCredentials {
  const host = hostOf(address);
  try {
    return grpc.credentials.createSsl(
      Buffer.from(access.caPem),
      Buffer.from(access.keyPem),
      Buffer.from(access.certificatePem),
      { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate) },
    );
  } catch {
    // The cause is dropped: it may quote key material.
    throw new ConfigurationError(
      `The certificate and key of context "${access.contextName}" in ${access.configPath} do not belong together.`,
      'Get a new talosconfig for this cluster.',
    );
  }
}

/**
 * An address is no server name (RFC 6066); Node warns about one on stderr (DEP0123), into the screen. apid ignores
 * the name, and the certificate is checked against the real host above.
 */
function serverName(address: string): Grpc.ChannelOptions {
  return isIP(hostOf(address)) === 0 ? {} : { 'grpc.ssl_target_name_override': 'talos-api' };
}

const hostOf = (address: string): string =>
  address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
