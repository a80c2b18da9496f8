const NAMES: Readonly<Record<string, string>> = {
  enter: 'Enter',
  esc: 'Esc',
  space: 'Space',
  tab: 'Tab',
  'shift+tab': 'Shift-Tab',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
  delete: 'Del',
};

/** A key as people call it: `Enter`, `Ctrl-F`, `G`. */
export function keyText(key: string): string {
  if (key.startsWith('ctrl+')) return `Ctrl-${key.slice('ctrl+'.length).toUpperCase()}`;
  return NAMES[key] ?? key;
}
