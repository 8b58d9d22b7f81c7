import { BerthError } from '../../lib/errors/index.ts';
import { didYouMean } from '../../lib/schema/index.ts';
import { parseTemplate, type Template } from './jsonpath.ts';

/** What `-o` asks for. */
export type Format =
  | { as: 'table'; wide: boolean }
  | { as: 'json' }
  | { as: 'yaml' }
  | { as: 'name' }
  | { as: 'jsonpath'; template: Template };

const NAMES = ['wide', 'json', 'yaml', 'name', 'jsonpath=TEMPLATE'];

/** @throws BERTH_USAGE */
export function parseFormat(text: string | undefined): Format {
  if (text === undefined || text === '' || text === 'wide') return { as: 'table', wide: text === 'wide' };
  if (text === 'json' || text === 'yaml' || text === 'name') return { as: text };
  const template = /^jsonpath=(.*)$/s.exec(text)?.[1];
  if (template) return { as: 'jsonpath', template: parseTemplate(template) };
  throw new BerthError('BERTH_USAGE', 'no such output format', {
    found: JSON.stringify(text),
    expected: `one of ${NAMES.join(', ')}`,
    hint: didYouMean(text, ['wide', 'json', 'yaml', 'name']),
  });
}
