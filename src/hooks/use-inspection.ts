import { useEffect, useState } from 'react';
import type { Action, Answers } from '../actions/types.js';
import { OperatorError } from '../model/errors.js';
import { formatCount, formatList } from '../model/format.js';
import type { InspectionWants } from '../model/inspection.js';
import { useWiring } from './wiring.js';

/** Between the end of one reading and the begin of the next. */
const PAUSE_MS = 3_000;

export interface InspectionView {
  /** Everything that a plan with these answers wants was read at least once. */
  readonly isComplete: boolean;
  /** `5 nodes, Kubernetes and 2 guests`; empty when nothing is wanted. */
  readonly what: string;
  /** When the last reading ended; null before the first, and when nothing is wanted. */
  readonly readAtMs: number | null;
}

interface LastReading {
  readonly wants: InspectionWants;
  readonly atMs: number;
}

/** A plan that has pinned its choices may want less than what they were chosen from. */
function covers(read: InspectionWants, wants: InspectionWants): boolean {
  const has = (all: readonly unknown[], some: readonly unknown[]): boolean => {
    const known = new Set(all.map((each) => JSON.stringify(each)));
    return some.every((each) => known.has(JSON.stringify(each)));
  };
  return (
    has(read.nodes, wants.nodes) &&
    has(read.vms, wants.vms) &&
    has(read.storages, wants.storages) &&
    has(read.images, wants.images) &&
    (read.isKubeWanted || !wants.isKubeWanted) &&
    (wants.factoryVersion === null || wants.factoryVersion === read.factoryVersion)
  );
}

/**
 * Reads what the action wants inspected for as long as the caller is on screen: one reading after the other, never
 * two at once, each a while after the last.
 */
export function useInspection(action: Action, answers: Answers): InspectionView {
  const { snapshots, inspect, nowMs } = useWiring();
  const wants = wantsOf(action, snapshots.get(), answers);
  const name = JSON.stringify(wants);
  const [last, setLast] = useState<LastReading | null>(null);

  // Keeps what was inspected in step with the cluster while somebody looks at the plan.
  useEffect(() => {
    let timer: NodeJS.Timeout | null = null;
    let isOver = false;
    const read = async (): Promise<void> => {
      const wanted: InspectionWants | null = JSON.parse(name);
      if (wanted === null) return;
      await unlessUnanswered(inspect(wanted));
      if (isOver) return;
      setLast({ wants: wanted, atMs: nowMs() });
      timer = setTimeout(() => void read(), PAUSE_MS);
    };
    void read();
    return () => {
      isOver = true;
      if (timer !== null) clearTimeout(timer);
    };
  }, [inspect, nowMs, name]);

  return {
    isComplete: wants === null || (last !== null && covers(last.wants, wants)),
    what: wants === null ? '' : whatText(wants),
    readAtMs: wants === null ? null : (last?.atMs ?? null),
  };
}

/** Null when nothing has to be inspected. */
export function wantsOf(
  action: Action,
  snapshot: Parameters<NonNullable<Action['wants']>>[0],
  answers: Answers,
): InspectionWants | null {
  const wants = action.wants?.(snapshot, answers);
  return wants === undefined || whatText(wants) === '' ? null : wants;
}

/** Silence of a part is in its reading; that nobody at all could be asked leaves the gates unknown. */
async function unlessUnanswered(reading: Promise<void>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
}

function whatText(wants: InspectionWants): string {
  const { nodes, vms, storages, images, isKubeWanted, factoryVersion } = wants;
  return formatList(
    [
      ...(nodes.length > 0 ? [formatCount(nodes.length, 'node')] : []),
      ...(isKubeWanted ? ['Kubernetes'] : []),
      ...(vms.length > 0 ? [formatCount(vms.length, 'guest')] : []),
      ...(storages.length > 0 ? [formatCount(storages.length, 'storage')] : []),
      ...(images.length > 0 ? [formatCount(images.length, 'image')] : []),
      ...(factoryVersion === null ? [] : ['the image factory']),
    ],
    6,
  );
}
