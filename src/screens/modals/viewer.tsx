import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { LEVEL_TONE, levelText } from '../../components/levels.js';
import { type Line, line, plainText, span } from '../../components/text.js';
import { fitTo, textWidth } from '../../components/width.js';
import type { Section, ViewerContent } from '../../hooks/modal.js';
import { useUi } from '../../hooks/ui.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useModalScroll } from '../../hooks/use-scroll.js';
import { useYaml } from '../../hooks/use-yaml.js';
import { useWiring } from '../../hooks/wiring.js';
import { formatCount } from '../../model/format.js';
import { unreachable } from '../../model/unreachable.js';
import type { ViewProps } from '../types.js';
import { dialogPlace, scrollNote } from './frame.js';

interface ViewerProps extends ViewProps {
  readonly title: string;
  readonly content: ViewerContent;
}

/** Describe, YAML, scripts: text to read, scroll and copy. */
export function Viewer({ title, content, width, height }: ViewerProps) {
  const ui = useUi();
  const { copy } = useWiring();
  const yaml = useYaml(content.kind === 'yaml' ? content.value : null);
  const wide = Math.min(width - 4, 120);
  const lines = contentLines(content, yaml, wide - 4);
  const place = dialogPlace({ width, height }, wide, Math.max(lines.length, 3));
  const top = useModalScroll(lines.length, place.innerHeight, content.kind === 'log');
  useKeys('viewer', {
    close: () => ui.modal.update(() => null),
    copy() {
      const copied = copyLines(content, lines);
      copy(copied.join('\n'));
      ui.say('ok', `Copied ${formatCount(copied.length, 'line')}`);
    },
  });
  return (
    <Dialog
      {...place}
      title={title}
      lines={lines.slice(top, top + place.innerHeight)}
      tone="accent"
      note={scrollNote(top, place.innerHeight, lines.length)}
    />
  );
}

/** As they are: where a line was broken to fit the screen, a script would break, too. */
const copyLines = (content: ViewerContent, lines: readonly Line[]): readonly string[] =>
  content.kind === 'text' || content.kind === 'log' ? content.lines : lines.map(plainText);

function contentLines(
  content: ViewerContent,
  yaml: readonly string[] | null,
  width: number,
): readonly Line[] {
  switch (content.kind) {
    case 'sections':
      return content.sections.flatMap((section, index) => [
        ...(index === 0 ? [] : [[]]),
        ...sectionLines(section, width),
      ]);
    case 'text':
    case 'log':
      return content.lines.flatMap((text) =>
        textWidth(text) <= width ? [line(text)] : paragraph(text, width),
      );
    case 'yaml':
      return yaml === null ? [line('…', 'muted')] : yaml.map(yamlLine);
    default:
      return unreachable(content);
  }
}

const LABEL_WIDTH = 16;

const sectionLines = ({ title, fields }: Section, width: number): readonly Line[] => [
  line(title, 'accent'),
  ...fields.flatMap(({ label, value, level }) => {
    const symbol = level === undefined ? [] : [span(`${levelText(level, '')} `, LEVEL_TONE[level])];
    return paragraph(value, width - LABEL_WIDTH - 4).map(
      (spans, index): Line => [
        span(`  ${fitTo(index === 0 ? label : '', LABEL_WIDTH)} `, 'muted'),
        ...(index === 0 ? symbol : level === undefined ? [] : [span('  ')]),
        ...spans,
      ],
    );
  }),
];

/** Keys in one tone, values in another: enough to find one's way. */
function yamlLine(text: string): Line {
  const match = /^(\s*(?:- )?)([^:\s][^:]*)(:)(.*)$/.exec(text);
  if (match === null) return line(text);
  const [, indent = '', key = '', colon = '', rest = ''] = match;
  return [span(indent), span(key + colon, 'accent'), span(rest)];
}
