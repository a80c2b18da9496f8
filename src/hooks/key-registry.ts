import { createStore, type Store } from '../store/store.js';
import type { KeyPress } from './key-press.js';
import type { KeyEntry, KeyLevel } from './key-table.js';

/** A key that does something right now. */
export interface LiveKey extends KeyEntry {
  /** Why it does nothing at the moment; shown when it is pressed. */
  readonly reason: string | null;
  readonly run: (press: KeyPress) => void;
}

/** The keys that one part of the screen answers to while it is there. */
export interface KeyLayer {
  readonly title: string;
  readonly level: KeyLevel;
  readonly keys: readonly LiveKey[];
  /** Takes every key that prints a character before keys are looked up. */
  readonly onText: ((press: KeyPress) => void) | null;
  readonly onPaste: ((text: string) => void) | null;
}

/** A place in the registry whose content its owner renews on every render. */
export interface LayerSlot {
  current: KeyLayer;
}

export interface KeyRegistry {
  /** Changes when what can be pressed changes, not on every render. */
  readonly slots: Store<readonly LayerSlot[]>;
  readonly add: (slot: LayerSlot) => void;
  readonly remove: (slot: LayerSlot) => void;
  readonly announce: () => void;
  /** Layers that are heard now, first heard first. */
  readonly heard: () => readonly KeyLayer[];
  /** What is heard when no dialog is open: what the help explains. */
  readonly below: () => readonly KeyLayer[];
  readonly press: (press: KeyPress) => void;
  readonly paste: (text: string) => void;
}

const ORDER: readonly KeyLevel[] = ['modal', 'pane', 'screen', 'global'];

export function createKeyRegistry(explain: (reason: string) => void): KeyRegistry {
  const slots = createStore<readonly LayerSlot[]>([]);
  const heard = (): readonly KeyLayer[] => heardLayers(slots.get().map(({ current }) => current));

  return {
    slots,
    heard,
    below: () =>
      heardLayers(
        slots
          .get()
          .map(({ current }) => current)
          .filter(({ level }) => level !== 'modal' && level !== 'cover'),
      ),
    add: (slot) => slots.update((all) => [...all, slot]),
    remove: (slot) => slots.update((all) => all.filter((other) => other !== slot)),
    announce: () => slots.update((all) => [...all]),
    press(press) {
      const layers = heard();
      const typing = press.text === null ? null : textTaker(layers);
      if (typing !== null) {
        typing(press);
        return;
      }
      for (const layer of layers) {
        const key = layer.keys.find(({ keys }) => keys.includes(press.name));
        if (key === undefined) continue;
        if (key.reason === null) key.run(press);
        else explain(key.reason);
        return;
      }
    },
    paste(text) {
      const layer = heard().find(({ onPaste }) => onPaste !== null);
      if (layer?.onPaste) layer.onPaste(text);
      else explain('Pasted text is ignored here: nothing was changed.');
    },
  };
}

/** Who types goes before who commands, among the layers that are heard first. */
function textTaker(layers: readonly KeyLayer[]): KeyLayer['onText'] {
  const level = layers[0]?.level;
  return layers.find((layer) => layer.level === level && layer.onText !== null)?.onText ?? null;
}

/** The newest first within a level; an open dialog silences everything but Ctrl-C and Ctrl-Z below it. */
function heardLayers(layers: readonly KeyLayer[]): readonly KeyLayer[] {
  const newestFirst = layers.toReversed();
  const covers = newestFirst.filter(({ level }) => level === 'cover');
  if (covers.length > 0) return covers;
  const byLevel = ORDER.map((level) => newestFirst.filter((layer) => layer.level === level));
  const modal = byLevel[0] ?? [];
  if (modal.length === 0) return byLevel.flat();
  return [...modal, ...layers.filter(({ level }) => level === 'global').map(onlyControl)];
}

const onlyControl = (layer: KeyLayer): KeyLayer => ({
  ...layer,
  keys: layer.keys.filter(({ keys }) => keys.every((key) => key.startsWith('ctrl+'))),
});
