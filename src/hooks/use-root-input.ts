import { useInput, usePaste } from 'ink';
import { useRef } from 'react';
import { type KeyPress, readKeyPresses } from './key-press.js';
import { useUi } from './ui.js';
import { useWiring } from './wiring.js';

type Heard = { readonly press: KeyPress } | { readonly paste: string };

/**
 * The only place that listens to the keyboard. Keys that arrived in one read are handed on one turn of the event
 * loop apart: `:etcd` must open the palette before it can hear the rest.
 */
export function useRootInput(): void {
  const ui = useUi();
  const { heardKey } = useWiring();
  const queue = useRef<Heard[]>([]);
  const isDraining = useRef(false);

  const take = (): void => {
    const heard = queue.current.shift();
    if (heard === undefined) {
      isDraining.current = false;
      return;
    }
    // What was said about the last key is over with the next one.
    ui.message.update(() => null);
    if ('press' in heard) ui.keys.press(heard.press);
    else ui.keys.paste(heard.paste);
    // React asks for its turn in a microtask after this one and gets it in the next round of immediates: only after
    // that round do the handlers know what this key has changed.
    setImmediate(() => setImmediate(take));
  };
  const hear = (heard: readonly Heard[]): void => {
    heardKey();
    queue.current.push(...heard);
    if (isDraining.current || queue.current.length === 0) return;
    isDraining.current = true;
    take();
  };

  useInput((input, key) => hear(readKeyPresses(input, key).map((press) => ({ press }))));
  // Always on: without a listener Ink hands pasted text to the key handler.
  usePaste((paste) => hear([{ paste }]));
}
