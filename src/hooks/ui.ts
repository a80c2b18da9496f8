import { createContext, useContext } from 'react';
import type { RunId } from '../model/ids.js';
import { createStore, type Store } from '../store/store.js';
import { createKeyRegistry, type KeyRegistry } from './key-registry.js';
import { type ListState, newListState } from './list-state.js';
import type { Modal, Subject } from './modal.js';
import { HOME, type Place } from './place.js';

/** One sentence below the screen: a result, or the reason why a key does nothing. */
export interface Message {
  readonly level: 'ok' | 'warn' | 'fail' | 'none';
  readonly text: string;
}

/** The list that has the focus, for the line below it. */
export interface ListStatus {
  readonly filter: string;
  readonly isFiltering: boolean;
  readonly shown: number;
  readonly total: number;
  readonly marked: number;
  /** Of the selected row, from 1. */
  readonly position: number;
  /** Every row is on the screen. */
  readonly isWhole: boolean;
}

/** A bug reached the top; shown instead of the screens. */
export interface Crash {
  readonly message: string;
  readonly stack: string;
  readonly logFile: string;
}

/** State of the screen, as opposed to state of the world: where we are and what is open. */
export interface Ui {
  readonly keys: KeyRegistry;
  readonly place: Store<Place>;
  readonly modal: Store<Modal | null>;
  readonly message: Store<Message | null>;
  readonly crash: Store<Crash | null>;
  readonly listStatus: Store<ListStatus | null>;
  /** What the cursor of the screen is on, looked up when it is wanted; the screen stays below its dialogs. */
  readonly subject: { current: (() => Subject | null) | null };
  /** Runs that were started from this console: leaving asks while one is active. */
  readonly startedRuns: Store<ReadonlySet<RunId>>;
  /** Cursor, filter and sort of a list survive leaving its screen. */
  readonly list: (id: string) => Store<ListState>;
  /** Logs it and shows the crash screen. */
  readonly reportCrash: (error: unknown) => void;
  readonly say: (level: Message['level'], text: string) => void;
}

/** `describeCrash` logs the error and says where. */
export function createUi(describeCrash: (error: unknown) => Crash): Ui {
  const message = createStore<Message | null>(null);
  const lists = new Map<string, Store<ListState>>();
  const crash = createStore<Crash | null>(null);
  const say: Ui['say'] = (level, text) => message.update(() => ({ level, text }));

  return {
    keys: createKeyRegistry((reason) => say('warn', reason)),
    place: createStore<Place>(HOME),
    modal: createStore<Modal | null>(null),
    message,
    crash,
    reportCrash(error) {
      const found = describeCrash(error);
      // The first one is shown: what follows is often its echo.
      crash.update((shown) => shown ?? found);
    },
    listStatus: createStore<ListStatus | null>(null),
    subject: { current: null },
    startedRuns: createStore<ReadonlySet<RunId>>(new Set()),
    list(id) {
      const known = lists.get(id) ?? createStore(newListState());
      lists.set(id, known);
      return known;
    },
    say,
  };
}

const UiContext = createContext<Ui | null>(null);

/** Holds one value for the life of the console; what changes lives in its stores. */
export const UiProvider = UiContext.Provider;

/** @throws Error outside of the provider: a bug in the mount. */
export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (ui === null) throw new Error('useUi outside of UiProvider');
  return ui;
}
