import { z } from 'zod';
import { ClientError } from '../../model/errors.js';
import { formatList } from '../../model/format.js';
import { talosOf } from '../steps/world.js';
import type { StepContext } from '../types.js';
import type { UpgradeTarget } from './target.js';

const EXTENSIONS = { namespace: 'runtime', type: 'ExtensionStatuses.runtime.talos.dev' };

const shape = z.object({
  metadata: z.object({ name: z.string(), version: z.string() }),
});

/**
 * What must be true of a node that is up after another boot: null when it is. The version of before is no matter
 * of waiting: the bootloader has fallen back, and nobody may try again blindly (operations C2).
 * @throws ClientError for a node that runs something else than the plan said
 */
export async function runsAsWanted(
  target: UpgradeTarget,
  context: StepContext,
): Promise<string | null> {
  const { address, name, from, image } = target;
  const { tag } = await talosOf(context).version(address, context.signal);
  const wanted = image.slice(image.lastIndexOf(':') + 1);
  if (tag !== wanted) {
    throw tag === from
      ? new ClientError(
          'rejected',
          `${name} has started ${from} again: the new version ${wanted} did not come up and the bootloader fell back.`,
          'Read the log of the node and its console before you plan the upgrade again; free the node with uncordon.',
        )
      : new ClientError(
          'conflict',
          `${name} runs ${tag}, which is neither ${from} nor ${wanted}: somebody else has upgraded it.`,
          'Find out who, then plan the upgrade again.',
        );
  }
  const { schematic, names } = await imageNow(target, context);
  // The list fills while the node starts.
  if (schematic === null) return 'it does not tell its schematic yet';
  if (schematic !== target.schematic) {
    throw new ClientError(
      'rejected',
      from === wanted
        ? `${name} has started schematic ${schematic.slice(0, 12)}… again: the new image did not come up and the bootloader fell back.`
        : `${name} runs schematic ${schematic.slice(0, 12)}…, not ${target.schematic.slice(0, 12)}… of ${image}.`,
      'Read the log of the node; `talosctl rollback` starts the installation of before.',
    );
  }
  const missing = target.extensions.filter((each) => !names.includes(each));
  return missing.length === 0 ? null : `without ${formatList(missing)} so far`;
}

async function imageNow(
  { address }: UpgradeTarget,
  context: StepContext,
): Promise<{ readonly schematic: string | null; readonly names: readonly string[] }> {
  const items = await talosOf(context).list(address, EXTENSIONS, context.signal);
  const all = items.flatMap(({ spec }) => {
    const parsed = shape.safeParse(spec);
    return parsed.success ? [parsed.data.metadata] : [];
  });
  return {
    schematic: all.find(({ name }) => name === 'schematic')?.version ?? null,
    names: all.map(({ name }) => name),
  };
}
