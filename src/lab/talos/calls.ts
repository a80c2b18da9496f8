import type {
  Metadata,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { LabNode } from '../world/types.js';
import type { ProtoFile } from './protos.js';
import type { TalosRole } from './roles.js';
import type { TalosLab } from './talos-lab.js';
import type { Outlet } from './watch.js';

export type UnaryCall = ServerUnaryCall<object, object>;
export type UnaryReply = sendUnaryData<object>;
export type UploadCall = ServerReadableStream<object, object>;
export type StreamCall = ServerWritableStream<object, object>;

export type AuthContextHolder = Pick<UnaryCall, 'getAuthContext'>;

export interface IncomingCall extends AuthContextHolder {
  readonly metadata: Metadata;
  readonly request: object;
}

/** A call that has arrived at the node that answers it. */
export interface CallContext {
  readonly talos: TalosLab;
  readonly node: LabNode;
  readonly roles: ReadonlySet<string>;
}

export interface StreamOutlet extends Outlet<object> {
  /** Nothing keeps the node from speaking, however much the reader still has to take. */
  readonly maySpeak: boolean;
  readonly end: () => void;
  /** Resolves when the next frame may be written; false = the stream is over. */
  readonly ready: () => Promise<boolean>;
}

interface MethodBase {
  readonly roles: readonly TalosRole[];
  /** The first minor that has it; absent = every one. */
  readonly sinceMinor?: number;
  /** The first minor without it. */
  readonly untilMinor?: number;
  /** What maintenance mode lets anybody do (nodes from 1.13 on let readers' methods through by themselves). */
  readonly inMaintenance?: 'always' | 'since 1.13';
  /** What `forbid` may name besides the method. */
  readonly subject?: (request: object) => string;
}

/** Answers with one entry of `messages`; the dispatcher wraps it. */
export interface UnaryMethod extends MethodBase {
  readonly kind: 'unary';
  /** false: the answer is no list of messages (cosi.resource.State/Get). */
  readonly isWrapped: boolean;
  readonly answer: (context: CallContext, request: object) => object | Promise<object>;
}

export interface StreamMethod extends MethodBase {
  readonly kind: 'stream';
  readonly answer: (
    context: CallContext,
    request: object,
    outlet: StreamOutlet,
  ) => void | Promise<void>;
}

/** The client sends a stream, the node answers once: never fanned out. */
export interface UploadMethod extends MethodBase {
  readonly kind: 'upload';
  readonly answer: (context: CallContext, frames: readonly object[]) => object | Promise<object>;
}

export type Method = UnaryMethod | StreamMethod | UploadMethod;

export interface Service {
  /** `machine.MachineService` */
  readonly name: string;
  readonly file: ProtoFile;
  /** Whether apid fans `nodes` out for this service. */
  readonly fansOut: boolean;
  /** The first minor that has it; absent = every one. */
  readonly sinceMinor?: number;
  readonly methods: Readonly<Record<string, Method>>;
}
