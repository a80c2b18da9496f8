import { actions as registry } from '../../actions/index.js';
import { actionsPage } from '../documents.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { SCHEMA } from '../output.js';

export async function actions(
  { isJson, output }: Invocation,
  isMarkdown: boolean,
): Promise<ExitCode> {
  if (isMarkdown) {
    output.line(actionsPage().trimEnd());
    return EXIT.ok;
  }
  if (isJson) {
    output.document({
      schema: SCHEMA,
      actions: registry.map(({ id, title, description, key, level, answerNames }) => ({
        id,
        title,
        description,
        key,
        level,
        answers: answerNames,
      })),
    });
    return EXIT.ok;
  }
  const width = Math.max(...registry.map(({ id }) => id.length));
  for (const { id, description } of registry) output.line(`${id.padEnd(width)}  ${description}`);
  return EXIT.ok;
}
