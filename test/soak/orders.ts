/** A change that reaches the world. Hostnames as the world knows them. */
export type Order =
  | { readonly kind: 'reboot' | 'rollback' | 'drain'; readonly node: string }
  | { readonly kind: 'upgrade' | 'install'; readonly node: string; readonly image: string }
  | { readonly kind: 'cordon' | 'uncordon'; readonly node: string }
  | { readonly kind: 'annotate'; readonly node: string; readonly text: string }
  | {
      readonly kind: 'pve';
      readonly method: string;
      readonly path: string;
      readonly parameters: Readonly<Record<string, string>>;
    };

/** Orders that take a machine, or what runs on it, away. */
export const isDisruption = ({ kind }: Order): boolean =>
  kind === 'reboot' || kind === 'rollback' || kind === 'upgrade' || kind === 'drain';
