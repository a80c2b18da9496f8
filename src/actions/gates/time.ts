import { formatDuration } from '../../model/format.js';
import type { IpAddress } from '../../model/ids.js';
import { freshValue } from '../../model/reading.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  whenFresh,
} from './judge.js';
import { controlPlanesOf, machineAt, roleObjections } from './machines.js';

const NOTABLE_MS = 500;
const MOST_MS = 2_000;

interface Clock {
  readonly name: string;
  /** Against the clock of this host. */
  readonly skewMs: number;
}

/** G-TIME: the clocks are synchronised and no two of them, this host's included, differ by more than 2 s. */
export function timeGate(context: PlanContext): Gate {
  const { nodes } = context.facts.inspection;
  const controlPlanes = controlPlanesOf(context).flatMap(({ talos }) => talos?.address ?? []);
  const addresses = [...new Set([...controlPlanes, ...nodes.keys()])];
  const clocks = [HOST, ...addresses.flatMap((address) => clockOf(context, address))];
  const spread = spreadOf(clocks);
  return judge(
    {
      id: 'G-TIME',
      title: 'The clocks agree',
      remedy: 'Repair the time servers of the node or the clock of this host.',
      override: 'type',
    },
    together([
      controlPlanes.length === 0 ? unknown('no control plane is known') : NO_OBJECTIONS,
      roleObjections(context),
      ...addresses.map((address) => syncObjections(context, address)),
      spread.widthMs > MOST_MS ? red(spread.text) : NO_OBJECTIONS,
    ]),
    spread.widthMs > NOTABLE_MS ? `synchronised, but ${spread.text}` : 'synchronised',
  );
}

const HOST: Clock = { name: 'this host', skewMs: 0 };

const nameAt = (context: PlanContext, address: IpAddress): string =>
  machineAt(context, address)?.name ?? address;

function clockOf(context: PlanContext, address: IpAddress): readonly Clock[] {
  const reading = context.facts.inspection.nodes.get(address);
  const skewMs = reading === undefined ? null : (freshValue(reading)?.time.skewMs ?? null);
  return skewMs === null ? [] : [{ name: nameAt(context, address), skewMs }];
}

function syncObjections(context: PlanContext, address: IpAddress): Objections {
  const what = `the clock of ${nameAt(context, address)}`;
  return whenFresh(what, context.facts.inspection.nodes.get(address), ({ time }) =>
    together([
      time.isSynced === null
        ? unknown(`${what} does not say whether it is synchronised`)
        : NO_OBJECTIONS,
      time.isSynced === false ? red(`${what} is not synchronised`) : NO_OBJECTIONS,
      time.skewMs === null ? unknown(`${what} was not read`) : NO_OBJECTIONS,
    ]),
  );
}

function spreadOf(clocks: readonly Clock[]): { readonly widthMs: number; readonly text: string } {
  const slowest = clocks.toSorted((a, b) => a.skewMs - b.skewMs)[0] ?? HOST;
  const fastest = clocks.toSorted((a, b) => b.skewMs - a.skewMs)[0] ?? HOST;
  const widthMs = fastest.skewMs - slowest.skewMs;
  return {
    widthMs,
    text: `${slowest.name} is ${formatDuration(widthMs)} behind ${fastest.name}`,
  };
}
