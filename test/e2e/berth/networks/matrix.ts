/** Who should reach whom, by what is declared: every pair, every address, TCP, UDP and ping, and TCP by name. Pure. */

import { type Application, type Network, ZONE } from './declared.ts';

/** A container that should run. */
export interface Member {
  /** `web-0`: what it answers with, too. */
  name: string;
  app: string;
  service: string;
  /** What it answers on TCP and UDP, and where. */
  says: string;
  port: number;
  /** Its address in each network, by name under `networks/`. */
  addresses: ReadonlyMap<string, string>;
}

/** What one member asks. */
export interface Row {
  from: Member;
  cells: Cell[];
}

/** One thing to ask, as `ask.py` reads it, and what should be answered. */
export interface Cell {
  ask: string;
  /** For people: what is asked. */
  of: string;
  wanted: string;
}

/** The members that are declared, with the addresses that they were given. @throws where one has none yet */
export function membersOf(
  applications: readonly Application[],
  addressesOf: (id: string) => ReadonlyMap<string, string> | undefined,
): Member[] {
  return applications.flatMap(({ name: app, own, services }) =>
    services.flatMap(({ id: service, image, networks, replicas }) =>
      Array.from({ length: replicas }, (_, i): Member => {
        const name = `${service}-${i}`;
        const wanted = networks.map((network) => (network in own ? `default.${app}.${network}` : network));
        const addresses = addressesOf(`default/${app}/${name}`);
        if (wanted.join() !== [...(addresses?.keys() ?? [])].join())
          throw new Error(`${name} is in ${[...(addresses?.keys() ?? ['nothing'])]}, not in ${wanted}`);
        const [says, port] = image === 'docker:bind9:latest' ? ['dns', 53] : [name, 8080];
        return { ...{ name, app, service, says, port }, addresses: addresses ?? new Map() };
      }),
    ),
  );
}

/** Whether a member should reach what another has in a network: from within, or from a network that it is open to. */
function reaches(from: Member, to: Member, network: string, networks: ReadonlyMap<string, Network>): boolean {
  if (from === to) return true;
  const open = networks.get(network)?.allowFrom ?? [];
  return [network, ...open].some((each) => from.addresses.has(each));
}

export function matrixOf(members: readonly Member[], networks: ReadonlyMap<string, Network>): Row[] {
  return members.map((from) => ({
    from,
    cells: [
      ...members.filter((to) => to !== from).flatMap((to) => byAddress(from, to, networks)),
      // The name server starts before anybody knows its address, and asks its host's.
      ...[...(from.says === 'dns' ? [] : names(from, members))].map(([name, named]) =>
        byName(from, name, named, networks),
      ),
    ],
  }));
}

function byAddress(from: Member, to: Member, networks: ReadonlyMap<string, Network>): Cell[] {
  return [...to.addresses].flatMap(([network, address]) => {
    const may = reaches(from, to, network, networks);
    const of = `${to.name} in ${network}`;
    return [
      { ask: `tcp:${address}:${to.port}`, of: `TCP of ${of}`, wanted: may ? to.says : '' },
      { ask: `udp:${address}:${to.port}`, of: `UDP of ${of}`, wanted: may ? to.says : '' },
      { ask: `ping:${address}`, of: `ping of ${of}`, wanted: may ? 'pong' : '' },
    ];
  });
}

/** A name has all addresses that it stands for; those of them answer that may. */
function byName(from: Member, name: string, named: Named, networks: ReadonlyMap<string, Network>): Cell {
  const addresses = named.map(({ to, network }) => to.addresses.get(network) ?? '').sort();
  const answering = named.filter(({ to, network }) => reaches(from, to, network, networks));
  const said = [...new Set(answering.map(({ to }) => to.says))].sort();
  const port = named[0]?.to.port;
  return { ask: `name:${name}:${port}`, of: name, wanted: `${addresses.join(' ')}: ${said.join(' ')}` };
}

type Named = { to: Member; network: string }[];

/** Every name that somebody can ask for: of services and containers, in full, in one network; short in one's own application. */
function names(from: Member, members: readonly Member[]): Map<string, Named> {
  const found = new Map<string, Named>();
  const add = (name: string, to: Member, network: string) =>
    void found.set(name, [...(found.get(name) ?? []), { to, network }]);
  for (const to of members) {
    const below = `${to.app}.default.${ZONE}`;
    for (const network of to.addresses.keys()) {
      add(`${to.service}.${below}`, to, network);
      add(`${to.name}.${below}`, to, network);
      if (to.app === from.app) add(to.service, to, network);
      if (to.addresses.size > 1) add(`${to.service}.${network.split('.').at(-1)}.${below}`, to, network);
    }
  }
  return found;
}
