import { join } from 'node:path';
import type { RunId } from '../model/ids.js';

export const runsDir = (stateDir: string): string => join(stateDir, 'runs');
export const runDir = (stateDir: string, id: RunId): string => join(runsDir(stateDir), id);

/** What was confirmed. */
export const planPath = (directory: string): string => join(directory, 'plan.json');
export const journalPath = (directory: string): string => join(directory, 'journal.ndjson');
/** Output of the commands. */
export const outputDir = (directory: string): string => join(directory, 'out');
/** stderr of the run process itself: where a bug leaves its stack. */
export const processLogPath = (directory: string): string => join(directory, 'process.log');
/** Held by the process of the run: two of them would write one journal. */
export const processLockPath = (directory: string): string => join(directory, 'process.lock');
/** Its presence asks the run process to stop at the next safe point. */
export const cancelPath = (directory: string): string => join(directory, 'cancel');
/** Its presence asks the run process to pause before it begins with another node. */
export const pausePath = (directory: string): string => join(directory, 'pause');
/** Its presence lets a run go on that paused for the operator. */
export const continuePath = (directory: string): string => join(directory, 'continue');

/** Decisions on certificate requests, of all runs. */
export const auditPath = (stateDir: string): string => join(stateDir, 'audit.ndjson');
