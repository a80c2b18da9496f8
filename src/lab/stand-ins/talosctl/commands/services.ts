import { CommandError } from '../errors.js';
import { SERVICES_RESPONSE } from '../messages.js';
import { SERVICE_ACTION_RESPONSE } from '../order-messages.js';
import { type MessageOf, stringField } from '../protobuf.js';
import { goDuration, table } from '../table.js';
import { type Call, type Command, NO_FLAGS, print, withClient } from './command.js';

type ServiceInfo = MessageOf<typeof SERVICES_RESPONSE>['messages'][number]['services'][number];
type Timestamp = NonNullable<ServiceInfo['health']>['lastChange'];

const healthOf = ({ health }: ServiceInfo): string =>
  health === null || health.unknown ? '?' : health.healthy ? 'OK' : 'Fail';

const ago = (ts: Timestamp): string => `${goDuration(Date.now() / 1000 - (ts?.seconds ?? 0))} ago`;

function list(services: readonly (readonly [string, ServiceInfo])[]): string {
  const rows = services.map(([node, service]) => {
    const last = service.events?.events.at(-1);
    return [
      node,
      service.id,
      service.state,
      healthOf(service),
      last === undefined ? '' : ago(last.ts),
      last?.msg ?? '',
    ];
  });
  return table([['NODE', 'SERVICE', 'STATE', 'HEALTH', 'LAST CHANGE', 'LAST EVENT'], ...rows]);
}

function details(node: string, service: ServiceInfo): string {
  const lastMessage = service.health?.lastMessage ?? '';
  const events = [...(service.events?.events ?? [])].reverse();
  return table([
    ['NODE', node],
    ['ID', service.id],
    ['STATE', service.state],
    ['HEALTH', healthOf(service)],
    ...(lastMessage === '' ? [] : [['LAST HEALTH MESSAGE', lastMessage]]),
    ...events.map(({ state, msg, ts }, index) => [
      index === 0 ? 'EVENTS' : '',
      `[${state}]: ${msg} (${ago(ts)})`,
    ]),
  ]);
}

const ACTIONS: Readonly<Record<string, string>> = {
  start: 'ServiceStart',
  stop: 'ServiceStop',
  restart: 'ServiceRestart',
};

async function act(call: Call, id: string, action: string): Promise<void> {
  const method = ACTIONS[action];
  if (method === undefined) throw new CommandError(`unsupported service action: "${action}"`);
  await withClient(call, async (client) => {
    const answers = await client.ask(
      method,
      SERVICE_ACTION_RESPONSE,
      stringField(1, id),
      // The same words for all three, in the source, too.
      'error starting service',
    );
    print(table([['NODE', 'RESPONSE'], ...answers.map(({ node, resp }) => [node, resp])]));
  });
}

async function run(call: Call): Promise<void> {
  const [id, action] = call.operands;
  if (action !== undefined && action !== 'status') {
    await act(call, id ?? '', action);
    return;
  }
  await withClient(call, async (client) => {
    const answers = await client.ask(
      'ServiceList',
      SERVICES_RESPONSE,
      Buffer.alloc(0),
      'error listing services',
    );
    const services = answers.flatMap(({ node, services: known }) =>
      known.map((service): readonly [string, ServiceInfo] => [node, service]),
    );
    if (id === undefined) {
      print(list(services));
      return;
    }
    const chosen = services.filter(([, service]) => service.id === id);
    if (chosen.length === 0) {
      throw new CommandError(`service "${id}" is not registered on any nodes`);
    }
    for (const [node, service] of chosen) print(details(node, service));
  });
}

export const SERVICE_COMMANDS: readonly Command[] = ['services', 'service'].map((name) => ({
  names: [name],
  usage: `${name} [<id>]`,
  flags: NO_FLAGS,
  run,
}));
