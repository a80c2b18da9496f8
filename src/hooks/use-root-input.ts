import { useInput, usePaste } from 'ink';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { type KeyPress, readKeyPresses } from './key-press.js';
import { useUi } from './ui.js';
import { useWiring } from './wiring.js';

type Heard = { readonly press: KeyPress } | { readonly paste: string };

/**
 * The only place that listens to the keyboard. A key is handed on when what the one before it changed is drawn:
 * `:etcd` must open the palette before it can hear the rest, and `o` must find the text that `pr` has left. Its caller
 * is drawn again with every key, so it should draw nothing.
 */
export function useRootInput(): void {
  const ui = useUi();
  const { heardKey } = useWiring();
  const queue = useRef<Heard[]>([]);
  const isDraining = useRef(false);
  const [taken, setTaken] = useState(0);

  const take = useCallback((): void => {
    const heard = queue.current.shift();
    if (heard === undefined) {
      isDraining.current = false;
      return;
    }
    try {
      // What was said about the last key is over with the next one.
      ui.message.update(() => null);
      if ('press' in heard) ui.keys.press(heard.press);
      else ui.keys.paste(heard.paste);
    } finally {
      // Comes to the screen together with what the key has changed, or after it, and also after one that crashed.
      setTaken((count) => count + 1);
    }
  }, [ui]);
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

  // The layout effects of one commit run together: a turn later every handler knows what this key has changed. Turns
  // of the event loop say nothing about that: with too little CPU, React's scheduler lets several of them pass.
  useLayoutEffect(() => {
    if (taken === 0) return;
    const next = setImmediate(take);
    return () => clearImmediate(next);
  }, [taken, take]);
}
