import { EMPTY_SCHEMATIC, imageReport } from '../../model/extensions.js';
import { formatList } from '../../model/format.js';
import { knownValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { NodeTarget } from '../node-target.js';
import { refusal } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';
import { schematicAnswer, type Wish } from './answers.js';
import { extensionNames, type ImageVerdict, type Running, verdictText } from './detect.js';
import { factoryHost, isPlain, parseReference, referenceText } from './reference.js';

/** The image that a node gets, and what that does to its extensions. */
export interface ChosenImage {
  readonly reference: string;
  readonly schematic: string;
  /** Names that must run afterwards. */
  readonly extensions: readonly string[];
  /** Given up by the operator's own word. */
  readonly lost: readonly string[];
  /** Which of another schematic come is known from a node that runs it; null: not known. */
  readonly added: readonly string[] | null;
}

export function chooseImage(
  context: PlanContext,
  target: NodeTarget,
  { running, verdict, wish }: { running: Running; verdict: ImageVerdict; wish: Wish },
): ChosenImage | Refusal {
  const { name } = target;
  const schematic = chooseSchematic(context, target, { running, verdict, wish });
  if (typeof schematic !== 'string') return schematic;
  if (verdict === 'flavour-mismatch' && !wish.mayChangeFlavour) {
    return refusal(
      `${name} ${verdictText(verdict)}: it runs ${flavourText(running)}, configured is ${running.installImage}.`,
      'Correct the image in its machine configuration, or set flavour=running to stay with what runs.',
      'G-IMAGE',
    );
  }
  const change = extensionChange(context.snapshot, running, schematic);
  if (change.lost.length > 0 && !wish.mayLoseExtensions) {
    const how = change.added === null ? 'would perhaps lose' : 'would lose';
    return refusal(
      `${name} ${how} ${formatList(change.lost, 6)} with schematic ${schematic.slice(0, 12)}….`,
      'Choose a schematic that has them, or set extensions=drop to give them up.',
      'G-IMAGE',
    );
  }
  return {
    reference: referenceText({
      host: factoryHost(context.connection.factoryUrl),
      platform: running.platform,
      isSecureBoot: running.isSecureBoot ?? false,
      schematic,
      tag: wish.version,
    }),
    schematic,
    ...change,
  };
}

const flavourText = ({ platform, isSecureBoot }: Running): string =>
  `${platform}${isSecureBoot === true ? ' with Secure Boot' : ''}`;

function chooseSchematic(
  { snapshot }: PlanContext,
  target: NodeTarget,
  { running, verdict, wish }: { running: Running; verdict: ImageVerdict; wish: Wish },
): string | Refusal {
  const answer = schematicAnswer(wish, target);
  if (answer !== undefined) return answer;
  const { schematic, installImage } = running;
  if (verdict === 'missing-extensions' && installImage !== null) {
    const configured = parseReference(installImage)?.schematic ?? '';
    return refusal(
      `${target.name} ${verdictText(verdict)}: it was installed from another one.`,
      `Set schematic=${target.name}=${configured} to install what its configuration names.`,
      'G-IMAGE',
    );
  }
  if (schematic !== null) return refuseStock(snapshot, target) ?? schematic;
  return refusal(
    `${target.name} ${verdictText(verdict)}${running.extensions.length > 0 ? `, with ${formatList(running.extensions)}` : ''}: which schematic it would need is not known.`,
    `Set schematic=${target.name}=<id>; make one at the Image Factory with the extensions that the node needs.`,
    'G-IMAGE',
  );
}

/** A plain image among nodes with extensions is an accident that an upgrade would carry on. */
function refuseStock(snapshot: Snapshot, { name, address }: NodeTarget): Refusal | null {
  const { nodes, schematic } = imageReport(snapshot);
  const own = nodes.find(({ machine }) => machine.talos?.address === address);
  if (own === undefined || !own.isStock || own.missing.length === 0) return null;
  return refusal(
    `${name} runs the stock image without ${formatList(own.missing, 6)}, which most nodes have.`,
    `Set schematic=${name}=${schematic ?? '<id>'} to give it what they run, or schematic=${name}=${EMPTY_SCHEMATIC} to keep it plain.`,
    'G-IMAGE',
  );
}

/** The same schematic has the same extensions in every version that the factory builds it for. */
function extensionChange(
  snapshot: Snapshot,
  running: Running,
  schematic: string,
): Pick<ChosenImage, 'extensions' | 'lost' | 'added'> {
  const { extensions } = running;
  if (schematic === running.schematic) return { extensions, lost: [], added: [] };
  const known = isPlain(schematic) ? [] : extensionsOfSchematic(snapshot, schematic);
  return {
    extensions: known ?? [],
    lost: extensions.filter((each) => known?.includes(each) !== true),
    added: known?.filter((each) => !extensions.includes(each)) ?? null,
  };
}

/** As another node of the cluster runs it; null when none does. */
function extensionsOfSchematic(
  { talosNodes }: Snapshot,
  schematic: string,
): readonly string[] | null {
  const node = [...talosNodes.values()].find(
    ({ image }) => knownValue(image)?.schematic === schematic,
  );
  return node === undefined ? null : extensionNames(node);
}
