import { z } from 'zod';
import { knownValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import { isMinorAtLeast } from '../../model/version-plan.js';
import { type NodeTarget, nodeTargetSchema } from '../node-target.js';
import { bootIdOf } from '../node-work.js';
import { refusal } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';
import { runningOf } from '../upgrade-talos/detect.js';
import { factoryHost, referenceText } from '../upgrade-talos/reference.js';
import { upgradeTargetSchema } from '../upgrade-talos/target.js';

const VERSION = /^v[0-9]+\.[0-9]+\.[0-9]+$/;

const targetSchema = nodeTargetSchema.extend({
  /** Of before; empty while it has not been read: then nothing is pinned. */
  bootId: z.string().regex(/^[0-9A-Za-z-]{0,64}$/),
  /** `v1.13.9`: what runs. */
  version: z.string().regex(VERSION),
  image: upgradeTargetSchema.shape.image,
});

/** A node and the image that it runs. */
export type DisarmTarget = z.infer<typeof targetSchema>;

export const disarmSchema = z.strictObject({
  endpoints: z.array(z.string().regex(/^[0-9A-Za-z.:[\]-]+$/)).readonly(),
  targets: z.array(targetSchema).min(1).readonly(),
});

export type Disarm = z.infer<typeof disarmSchema>;

/** Talosctl and Talos both: only then an installation is a step of its own (talos reference 4.1). */
const SPLIT_MINOR = 13;

export function disarmTarget(context: PlanContext, target: NodeTarget): DisarmTarget | Refusal {
  const running = runningOf(context, target);
  if ('kind' in running) return running;
  const refused = refuseOld(context, target, running.tag) ?? refuseKernelArguments(target, running);
  if (refused !== null) return refused;
  const { schematic, platform, isSecureBoot } = running;
  if (schematic === null) {
    return refusal(
      `${target.name} does not tell the schematic that it runs: which image it would have to start is not known.`,
      'Install the image that it was made from by hand: talosctl upgrade --no-reboot.',
      'G-IMAGE',
    );
  }
  if (!VERSION.test(running.tag)) {
    return refusal(
      `${target.name} runs ${running.tag}, which is no release of Talos.`,
      'Install the image that it was made from by hand: talosctl upgrade --no-reboot.',
      'G-PATH',
    );
  }
  const bootId = isSecureBoot === null ? '' : bootIdOf(context, target);
  if (typeof bootId !== 'string') return bootId;
  const host = factoryHost(context.connection.factoryUrl);
  return {
    ...target,
    bootId,
    version: running.tag,
    image: referenceText({
      ...{ host, platform, schematic, tag: running.tag },
      isSecureBoot: isSecureBoot ?? false,
    }),
  };
}

/** Both flavours: Secure Boot is known after the inspection only. */
export function imagesOf(snapshot: Snapshot, { address }: NodeTarget): readonly string[] {
  const node = snapshot.talosNodes.get(address);
  const version = node === undefined ? undefined : knownValue(node.version);
  const schematic = node === undefined ? null : (knownValue(node.image)?.schematic ?? null);
  if (version === undefined || schematic === null) return [];
  const { platform, tag } = version;
  const host = factoryHost(snapshot.cluster.factoryUrl);
  return [false, true].map((isSecureBoot) =>
    referenceText({ host, platform, isSecureBoot, schematic, tag }),
  );
}

function refuseOld(
  { facts: { talosctl } }: PlanContext,
  { name }: NodeTarget,
  tag: string,
): Refusal | null {
  if (!isMinorAtLeast(tag, SPLIT_MINOR)) {
    return refusal(
      `${name} runs ${tag}: before Talos 1.13 a node installs and reboots in one go, so that it is never left armed and nothing can be installed without a reboot.`,
      'When an upgrade was staged, let it boot and take it back with rollback-node.',
      'G-PATH',
    );
  }
  return talosctl.state === 'usable' && !isMinorAtLeast(talosctl.version, SPLIT_MINOR)
    ? refusal(
        `talosctl ${talosctl.version} cannot install without a reboot.`,
        `Install talosctl ${tag}, or set its path in the settings.`,
        'G-BIN',
      )
    : null;
}

/** talos@1.13: the call that installs does not pass them on where GRUB starts the node. */
const refuseKernelArguments = (
  { name }: NodeTarget,
  { hasExtraKernelArgs, isUki }: { hasExtraKernelArgs: boolean | null; isUki: boolean | null },
): Refusal | null =>
  hasExtraKernelArgs === true && isUki === false
    ? refusal(
        `${name} has extra kernel arguments in its configuration, which installing without a reboot would lose.`,
        'Let the armed version boot, and take it back with rollback-node.',
        'G-IMAGE',
      )
    : null;
