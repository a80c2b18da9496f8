import type { ComponentType } from 'react';
import type { ScopeName } from '../hooks/key-table.js';
import type { ScreenId } from '../hooks/place.js';

export interface ViewProps {
  readonly width: number;
  readonly height: number;
}

export interface Screen {
  readonly id: ScreenId;
  readonly key: string;
  readonly title: string;
  /** The title where there is no room for it. */
  readonly tab: string;
  readonly View: ComponentType<ViewProps>;
  /** Scopes of the key table that answer here, besides the global one. */
  readonly scopes: readonly ScopeName[];
}
