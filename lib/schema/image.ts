/** An image reference, taken apart. */
export interface ImageReference {
  /** Where it is pulled from: `docker.io`, `localhost:5000`. */
  registry: string;
  /** Path within the registry: `library/redis`. */
  repository: string;
  /** `latest` where neither tag nor digest is written. */
  tag?: string;
  /** `sha256:…` */
  digest?: string;
  /** As people and Docker's own commands write it: `redis:3`, with the tag `latest` where none was written. */
  familiar: string;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const REFERENCE = new RegExp(
  `^(?:(${HOST})/)?(${COMPONENT}(?:/${COMPONENT})*)(?::(\\w[\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

/**
 * Any legal reference: `redis:3`, `grkvlt/myapp`, `host:5000/a/b:tag@sha256:…`.
 * Grammar and normalisation of github.com/distribution/reference, which Docker uses.
 *
 * @returns undefined for what is not one
 */
export function parseImage(text: string): ImageReference | undefined {
  // Longer names are refused by the grammar's own limit on the repository, 255, plus tag and digest.
  if (text.length > 600 || /^[a-f0-9]{64}$/.test(text)) return undefined;
  const first = text.slice(0, Math.max(text.indexOf('/'), 0));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const match = REFERENCE.exec(isHost ? text : `docker.io/${text}`);
  if (!match) return undefined;
  const [, host, path, writtenTag, digest] = match;
  if (host === undefined || path === undefined) return undefined;
  const registry = host === 'index.docker.io' ? 'docker.io' : host;
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (registry.length + 1 + repository.length > 255) return undefined;
  const tag = writtenTag ?? (digest === undefined ? 'latest' : undefined);
  const name = registry === 'docker.io' ? repository.replace(/^library\/(?=[^/]+$)/, '') : `${registry}/${repository}`;
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    familiar: `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`,
  };
}

/** The name that a service without an id gets: the last part of the repository, as a DNS label. `a/my_app:3` → `my-app`. */
export const imageName = ({ repository }: ImageReference): string =>
  repository
    .slice(repository.lastIndexOf('/') + 1)
    .replace(/[._]+/g, '-')
    .slice(0, 58)
    .replace(/-+$/, '');
