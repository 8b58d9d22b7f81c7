import { controller } from '../../lib/reconcile/index.ts';
import { appOf, containerOf, type Entry, nameOf, type View } from '../../lib/store/index.ts';
import { owns } from './context.ts';
import { reconcileNamespace } from './namespaces.ts';
import { joiners } from './networks.ts';
import { reconcileApplication } from './reconcile.ts';

const itself = ({ id }: { id: string }): string => `applications/${id}`;
/** `default/shop/web-0` → `applications/default/shop` */
const ofContainer = (entry: { id: string }): string => `applications/${appOf(entry)}`;
/** `h-1/default/shop/web-0` → `applications/default/shop` */
const onHost = (entry: { id: string }): string => ofContainer({ id: containerOf(entry) });
const namespace = ({ id }: { id: string }): string => `namespaces/${id}`;

/** Those that name this cloud, whether it exists or not. */
const inCloud = ({ id }: { id: string }, state: View): string[] =>
  state.by('accepted/applications', 'location', id).map(itself);

/** Those that have something on this host, or still had when it was seen last. */
const ofHost = (host: { id: string }, state: View): string[] => {
  const name = nameOf(host);
  return [...new Set([...state.list('assignments', name), ...state.list('observed', name)].map(onHost))];
};

/** `default.shop.default` → `applications/default/shop`; of a VirtualNetwork's, when it is made, those that are to join it. */
const ofNetwork = (entry: Entry<'networks'>, state: View): string[] => {
  const { id, createRevision, modRevision } = entry;
  const [space, app, network] = id.split('.');
  if (network !== undefined) return [`applications/${space}/${app}`];
  return createRevision === modRevision ? joiners(id, state).map((each) => itself({ id: each })) : [];
};

/** A status whose record was deleted while nobody looked, and that nothing else wakes: it never was accepted. */
const unlessAnswered =
  (kind: 'applications' | 'namespaces') =>
  ({ id }: { id: string }, state: View): string | undefined =>
    state.get(kind, id) || state.get(`accepted/${kind}`, id) ? undefined : `${kind}/${id}`;

/** Turns blueprints into wanted containers, networks and entities, in the order in which services wait for each other. */
export const application = controller({
  name: 'application',
  owns,
  watches: {
    applications: itself,
    'accepted/applications': itself,
    'status/applications': unlessAnswered('applications'),
    'accepted/dockerclouds': inCloud,
    containers: ofContainer,
    networkclaims: ofContainer,
    entities: ofContainer,
    pending: ofContainer,
    assignments: onHost,
    endpoints: onHost,
    observed: onHost,
    hosts: ofHost,
    networks: ofNetwork,
    'accepted/virtualnetworks': ({ id }, state) => joiners(id, state).map((app) => itself({ id: app })),
    namespaces: namespace,
    'accepted/namespaces': ({ id }, state) => [
      namespace({ id }),
      ...state.list('accepted/applications', id).map(itself),
    ],
    'status/namespaces': unlessAnswered('namespaces'),
  },
  async reconcile(key, context) {
    const [plural, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    if (plural !== 'namespaces') return reconcileApplication(id, context);
    await reconcileNamespace(id, context);
    return undefined;
  },
});
