import type { ServerName } from '../world/types.js';
import type { Arguments, Change } from './change.js';
import { SERVERS } from './change.js';
import { LabUsageError, suggest } from './usage-error.js';

interface Target {
  readonly server: ServerName;
  readonly call?: string;
  readonly text: string;
}

/** `pve`, or one call of it: `pve:PUT:/cluster/options`, `talos:EtcdStatus`, `kube:GET:/api/v1/nodes`. */
function target(args: Arguments): Target {
  const text = args.word('SERVER[:CALL]');
  const [name = '', call] = text.split(/:(.*)/s);
  const server = SERVERS.find((each) => each === name);
  if (server === undefined) {
    throw new LabUsageError(`${args.change.id}: no server "${name}".`, suggest(name, SERVERS));
  }
  return { server, text, ...(call === undefined || call === '' ? {} : { call }) };
}

const CALLS = '* stands for anything in one part of a path, ** for anything';

export const wireChanges: readonly Change[] = [
  {
    id: 'api-errors',
    args: 'SERVER[:CALL] CODE COUNT',
    help: `the next COUNT requests to ${SERVERS.join('|')} (or to one call) fail with CODE; ${CALLS}`,
    run: ({ world }, args) => {
      const { server, call, text } = target(args);
      // gRPC statuses count from 1 to 16, HTTP ones from 400.
      const code = server === 'talos' ? args.number('CODE', 1, 16) : args.number('CODE', 400, 599);
      const count = args.number('COUNT', 1, 1_000_000);
      args.end();
      world.faults.apiErrors.push({ server, call, code, count });
      return `The next ${count} requests to ${text} fail with ${code}.`;
    },
  },
  {
    id: 'latency',
    args: 'SERVER[:CALL] MS',
    help: 'every answer of a server (or of one call) waits so long (real time); 0 ends it',
    run: ({ world }, args) => {
      const { text } = target(args);
      const ms = args.number('MS', 0, 120_000);
      args.end();
      if (ms === 0) world.faults.latencyMs.delete(text);
      else world.faults.latencyMs.set(text, ms);
      return `${text} answers after ${ms} ms.`;
    },
  },
  {
    id: 'truncate',
    args: 'SERVER[:CALL] BYTES COUNT',
    help: 'the next COUNT answers end after BYTES and the connection breaks; what was ordered has happened',
    run: ({ world }, args) => {
      const { server, call, text } = target(args);
      if (server === 'talos') throw args.error('streams of talos are cut with cut-streams');
      const bytes = args.number('BYTES', 0, 1_000_000_000);
      const count = args.number('COUNT', 1, 1_000_000);
      args.end();
      world.faults.truncations.push({ server, call, bytes, count });
      return `The next ${count} answers of ${text} end after ${bytes} bytes.`;
    },
  },
  {
    id: 'no-faults',
    args: '',
    help: 'forgets every error, latency, truncation and kill that has not happened yet',
    run: ({ world }, args) => {
      args.end();
      const { apiErrors, latencyMs, truncations, kills } = world.faults;
      for (const list of [apiErrors, truncations, kills]) list.length = 0;
      latencyMs.clear();
      return 'Every server answers as it should.';
    },
  },
  {
    id: 'cut-streams',
    args: '[SERVER]',
    help: 'ends every open connection and watch of a server, or of all',
    run: ({ world }, args) => {
      const servers = args.isEmpty() ? SERVERS : [args.choice('server', SERVERS)];
      args.end();
      for (const server of servers) world.touch(`cut:${server}`);
      return `Streams of ${servers.join(', ')} are cut.`;
    },
  },
  {
    id: 'forbid',
    args: 'SERVER[:KIND]',
    help: 'answers 403: kube:nodes, talos:EtcdStatus, pve:/cluster/resources or a whole server',
    run: ({ world }, args) => {
      const what = args.word('SERVER[:KIND]');
      const [server = ''] = what.split(':');
      if (!SERVERS.some((name) => name === server)) throw args.error(`no server "${server}"`);
      args.end();
      world.faults.forbidden.add(what);
      return `${what} is forbidden.`;
    },
  },
  {
    id: 'allow',
    args: '[SERVER[:KIND]]',
    help: 'undoes forbid, all of them by default',
    run: ({ world }, args) => {
      const what = args.isEmpty() ? null : args.word('SERVER[:KIND]');
      args.end();
      if (what === null) world.faults.forbidden.clear();
      else if (!world.faults.forbidden.delete(what)) throw args.error(`${what} is not forbidden`);
      return `${what ?? 'Everything'} is allowed.`;
    },
  },
  {
    id: 'clock-jump',
    args: 'SECONDS',
    help: "sets the lab's wall clock forward, or back with a minus; no timer notices",
    run: ({ world }, args) => {
      const seconds = args.number('SECONDS', -315_360_000, 315_360_000);
      args.end();
      world.clock.jump(Math.round(seconds * 1000));
      world.touch('clock');
      return `The lab's clock says ${new Date(world.clock.now()).toISOString()}.`;
    },
  },
];
