/** Which talosctl this is: the client of the lab's own Talos. The lab's launcher tells it. */
export const CLIENT_VERSION = process.env.TALOS_TUI_LAB_TALOS ?? 'v1.12.4';

/** talos.md: the minor decides how a client speaks: 12 for `v1.12.4`. */
export const CLIENT_MINOR = Number(CLIENT_VERSION.split('.')[1]);

/** The first generation that opens one call per node. */
export const ASKS_EACH_NODE = CLIENT_MINOR >= 14;
