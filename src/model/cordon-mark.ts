/** Who cordoned a node: set and removed by us alone. */
export const MARK_KEY = 'talos-tui/cordoned-by';
