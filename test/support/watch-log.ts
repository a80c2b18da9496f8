import type { WatchHandlers } from '../../src/clients/types.js';
import type { OperatorError } from '../../src/model/errors.js';

/** What a watch has told so far. */
export interface WatchLog<T> extends WatchHandlers<T> {
  readonly lists: (readonly T[])[];
  readonly errors: OperatorError[];
  /** `items` or `error`, in order. */
  readonly order: string[];
}

export function createWatchLog<T>(): WatchLog<T> {
  const lists: (readonly T[])[] = [];
  const errors: OperatorError[] = [];
  const order: string[] = [];
  return {
    lists,
    errors,
    order,
    onItems(items) {
      lists.push(items);
      order.push('items');
    },
    onError(error) {
      errors.push(error);
      order.push('error');
    },
  };
}
