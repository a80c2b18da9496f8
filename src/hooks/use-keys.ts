import { useLayoutEffect, useRef } from 'react';
import type { KeyPress } from './key-press.js';
import type { KeyLayer, LayerSlot, LiveKey } from './key-registry.js';
import { type Command, KEY_SCOPES, type KeyScope, type ScopeName } from './key-table.js';
import { useUi } from './ui.js';

export interface KeyOptions<S extends ScopeName> {
  readonly isActive?: boolean;
  readonly reasons?: Partial<Readonly<Record<Command<S>, string | null>>>;
  /** Words for the footer where the table's would mislead. */
  readonly labels?: Partial<Readonly<Record<Command<S>, string>>>;
  readonly onText?: (press: KeyPress) => void;
  readonly onPaste?: (text: string) => void;
}

export type KeyHandlers<S extends ScopeName> = Partial<
  Readonly<Record<Command<S>, (press: KeyPress) => void>>
>;

/** Answers the keys of one scope of the key table while the caller is on screen. */
export function useKeys<S extends ScopeName>(
  scope: S,
  handlers: KeyHandlers<S>,
  options: KeyOptions<S> = {},
): void {
  const { title, level, entries }: KeyScope = KEY_SCOPES[scope];
  const run: Readonly<Record<string, ((press: KeyPress) => void) | undefined>> = handlers;
  const reasons: Readonly<Record<string, string | null | undefined>> = options.reasons ?? {};
  const labels: Readonly<Record<string, string | undefined>> = options.labels ?? {};
  const keys = Object.entries(entries).flatMap(([command, entry]): LiveKey[] => {
    const handler = run[command];
    if (handler === undefined) return [];
    const label = labels[command] ?? entry.label;
    return [{ ...entry, label, reason: reasons[command] ?? null, run: handler }];
  });
  useKeyLayer(
    { title, level, keys, onText: options.onText ?? null, onPaste: options.onPaste ?? null },
    options.isActive ?? true,
  );
}

/** The same for keys that are not in the table: numbers of screens, letters of actions. */
export function useKeyLayer(layer: KeyLayer, isActive: boolean): void {
  const { keys: registry } = useUi();
  const slot = useRef<LayerSlot>({ current: layer });
  const shown = layer.keys.map(({ keys, label, reason }) => `${keys}=${label}~${reason}`).join();

  // Keeps the handlers of the last render in the registry: the next key must act on what is on screen.
  useLayoutEffect(() => {
    slot.current.current = layer;
  });

  // In the registry while on screen. A layout effect, because the next key may already wait in the queue.
  useLayoutEffect(() => {
    if (!isActive) return;
    const own = slot.current;
    registry.add(own);
    return () => registry.remove(own);
  }, [registry, isActive]);

  // Keeps footer and help in step with what can be pressed, and quiet when only handlers changed.
  useLayoutEffect(() => {
    if (isActive && shown !== '') registry.announce();
  }, [registry, isActive, shown]);
}
