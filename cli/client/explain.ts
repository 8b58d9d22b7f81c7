import { BerthError, isCode } from '../../lib/errors/index.ts';
import { explain as explainSchema, findCrd } from '../../lib/schema/index.ts';
import { findResource } from './resources/index.ts';

/**
 * `berth explain`: a kind that users write, or one of its fields. Kinds that controllers write have records to look at
 * and no schema to write by.
 *
 * @throws BERTH_NOT_FOUND, BERTH_UNKNOWN_FIELD, with what to ask for instead
 */
export function explain(path: string): string {
  const [kind = ''] = path.split('.');
  if (findCrd(kind)) return explainSchema(path);
  const resource = made(kind);
  if (!resource) return explainSchema(path);
  throw new BerthError(
    'BERTH_NOT_FOUND',
    `${resource.plural} are written by controllers: there is no schema of theirs`,
    {
      hint: `\`berth get ${resource.plural} -o yaml\` shows what they hold`,
    },
  );
}

function made(kind: string): ReturnType<typeof findResource> | undefined {
  try {
    return findResource(kind);
  } catch (error) {
    if (isCode(error, 'BERTH_NOT_FOUND')) return undefined;
    throw error;
  }
}
