/** One JSON line each way over the control socket. */
export type LabCommand =
  | { readonly kind: 'do'; readonly change: string; readonly args: readonly string[] }
  | { readonly kind: 'advance'; readonly seconds: number }
  | { readonly kind: 'status' };

export type LabReply =
  | { readonly isOk: true; readonly text: string; readonly status?: LabStatus }
  | {
      readonly isOk: false;
      /** The operator's mistake, or one of the lab. */
      readonly isUsage: boolean;
      readonly message: string;
      readonly hint: string;
    };

/** What `lab status` shows. */
export interface LabStatus {
  readonly scenario: string;
  readonly seed: number;
  /** null = straight to the next event. */
  readonly timeScale: number | null;
  readonly virtualTime: string;
  readonly lan: string;
  readonly vipHolder: string | null;
  readonly etcdLeader: string | null;
  readonly nodes: readonly {
    readonly hostname: string;
    readonly address: string;
    readonly vmId: number;
    readonly state: string;
  }[];
}

export const CONTROL_SOCKET = 'control.sock';
