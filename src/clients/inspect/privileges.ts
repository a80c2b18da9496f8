import { z } from 'zod';
import { readPve } from '../pve-answers.js';
import type { PveClient } from '../types.js';

/** Per path the privileges, each with whether it propagates: one that does not is there all the same. */
const permissions = z.record(z.string(), z.record(z.string(), z.unknown()));

/** What our user and token may do there, both taken together. Anybody may ask. @throws OperatorError */
export async function privilegesOn(
  pve: PveClient,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await pve.get(`/access/permissions?path=${path}`, signal);
  return Object.keys(readPve('access/permissions', permissions, answer)[path] ?? {});
}
