import { join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import type { Stream, TalosTestClient } from './talos-lab.js';

interface EventFrame {
  readonly data: { readonly type_url: string; readonly value: Buffer };
  readonly actor_id: string;
}

const definitions = loadSync('machine.proto', {
  keepCase: true,
  longs: String,
  enums: String,
  bytes: Buffer,
  defaults: true,
  includeDirs: [join(import.meta.dirname, '../../assets/proto')],
});

/** An event as a reader of the protocol decodes it. */
export interface ReadEvent {
  /** `TaskEvent` */
  readonly kind: string;
  readonly actor: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class EventReader {
  readonly stream: Stream<EventFrame>;

  constructor(client: TalosTestClient, node: string, tailEvents = 0) {
    this.stream = client.stream<EventFrame>(
      'machine.MachineService/Events',
      { tail_events: tailEvents },
      { node },
    );
  }

  /** Everything so far, without the hello. */
  get events(): readonly ReadEvent[] {
    return this.stream.frames.slice(1).map(({ data, actor_id: actor }) => {
      const name = data.type_url.replace('talos/runtime/', '');
      const definition = definitions[name];
      if (definition === undefined || !('deserialize' in definition)) {
        throw new Error(`No message ${name}.`);
      }
      const deserialize = definition.deserialize as (bytes: Buffer) => object;
      return { kind: name.replace('machine.', ''), actor, fields: { ...deserialize(data.value) } };
    });
  }

  until(isReached: (events: readonly ReadEvent[]) => boolean, what: string): Promise<void> {
    return this.stream.until(() => isReached(this.events), what);
  }

  /** `phase cleanup START`, for sequences, phases and tasks. */
  get story(): readonly string[] {
    return this.events.flatMap(({ kind, fields }) => {
      const name = fields.sequence ?? fields.phase ?? fields.task;
      const word = kind.replace('Event', '').toLowerCase();
      return name === undefined ? [] : [`${word} ${String(name)} ${String(fields.action)}`];
    });
  }
}
