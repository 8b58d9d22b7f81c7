import { timestamp } from '../../lib/reconcile/index.ts';
import type { Accepted, DockerCloudSpec, Observation } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { MAX_CLOUD_NAME } from './names.ts';

/** What a user's text came to: a spec, or why not. */
export type Parsed = { ok: true; spec: DockerCloudSpec } | { ok: false; reason: string; message: string };

export interface Acceptance {
  /** What `accepted/` should hold; absent: nothing, because no valid spec was ever there. */
  accepted?: Accepted<DockerCloudSpec>;
  observed: Observation;
  /** mod_revision of the user's key that was looked at. */
  generation?: number;
}

/**
 * What is accepted of a user's record. One that is invalid changes nothing; one that is deleted stays accepted, marked,
 * until all that it made is gone, and what is put under its name meanwhile waits. Pure.
 *
 * @param now  milliseconds since the epoch
 * @returns undefined where there is neither a record nor anything left of one
 */
export function acceptCloud(
  name: string,
  user: Entry<'dockerclouds'> | undefined,
  accepted: Accepted<DockerCloudSpec> | undefined,
  parse: (user: Entry<'dockerclouds'>) => Parsed,
  now: number,
): Acceptance | undefined {
  if (!user && !accepted) return undefined;
  const generation = user && { generation: user.modRevision };
  if (accepted && (!user || accepted.deleting || accepted.uid !== user.createRevision)) {
    const deleting = { ...accepted, deleting: accepted.deleting ?? timestamp(now) };
    const observed: Observation = user
      ? no('Deleting', 'a former Docker cloud of this name is being deleted; this one waits until that is done')
      : yes('the record was deleted');
    return { accepted: deleting, observed, ...generation };
  }
  if (!user) return undefined;

  const parsed = name.length > MAX_CLOUD_NAME ? tooLong(name) : parse(user);
  if (!parsed.ok) return { ...(accepted && { accepted }), observed: no(parsed.reason, parsed.message), ...generation };
  const { spec } = parsed;
  return {
    accepted: { generation: user.modRevision, uid: user.createRevision, spec },
    observed: yes(''),
    ...generation,
  };
}

const yes = (message: string): Observation => ({ type: 'Accepted', status: 'True', reason: 'Accepted', message });
const no = (reason: string, message: string): Observation => ({ type: 'Accepted', status: 'False', reason, message });

/** Hosts are named after their cloud, and their names are DNS labels. */
const tooLong = (name: string): Parsed => ({
  ok: false,
  reason: 'Invalid',
  message: `dockerclouds/${name}: the name has ${name.length} characters; expected at most ${MAX_CLOUD_NAME}, as hosts are named <cloud>-<6 characters>`,
});
