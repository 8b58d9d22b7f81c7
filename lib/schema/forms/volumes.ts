import type { VolumeSpec } from '../../records/index.ts';
import { type Field, type Form, isMap, show } from '../field.ts';

const EXPECTED = 'source:target[:ro], the source an absolute path or the name of a volume, the target an absolute path';

/** `[data:/var/lib/data, /etc/ssl:/etc/ssl:ro]`, or `{data: /var/lib/data}`. */
export const volumes: Form<VolumeSpec[]> = (value, field) => {
  const found = new Map<string, VolumeSpec>();
  for (const [text, at] of texts(value, field)) {
    const volume = parse(text);
    if (!volume) at.wrong({ found: show(text), expected: EXPECTED });
    else if (found.has(volume.target))
      at.wrong({ found: `${volume.target} a second time`, expected: 'each target once' });
    else found.set(volume.target, volume);
  }
  return [...found.values()];
};

function texts(value: unknown, field: Field): [string, Field][] {
  if (isMap(value))
    return Object.entries(value).map(([source, target]) => [
      `${source}:${field.at(source).text(target) ?? ''}`,
      field.at(source),
    ]);
  if (Array.isArray(value)) return value.map((item: unknown, i) => [field.at(i).text(item) ?? '', field.at(i)]);
  field.wrong({ found: show(value), expected: `a list of ${EXPECTED}` });
  return [];
}

function parse(text: string): VolumeSpec | undefined {
  const [source, target, mode, ...more] = text.split(':');
  if (!source || !target?.startsWith('/') || target === '/' || more.length > 0) return undefined;
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') return undefined;
  // Docker's own rule for the names of volumes.
  if (!source.startsWith('/') && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(source)) return undefined;
  return { source, target, readOnly: mode === 'ro' };
}
