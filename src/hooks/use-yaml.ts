import { useEffect, useState } from 'react';

/** The value as YAML lines; null until the library is there. It is loaded on first use: 20 ms at start. */
export function useYaml(value: unknown): readonly string[] | null {
  const [lines, setLines] = useState<readonly string[] | null>(null);

  // Keeps the text in step with the value; a text that comes too late for its view is dropped.
  useEffect(() => {
    let isShown = true;
    // CommonJS: bundled, its functions are below `default` only.
    void import('yaml').then(({ default: { stringify } }) => {
      const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
      if (isShown) setLines(text.trimEnd().split('\n'));
    });
    return () => {
      isShown = false;
    };
  }, [value]);

  return lines;
}
