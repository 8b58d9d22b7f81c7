/** Networks of hosts against what etcd says of them. Pure. */

import { addressesOf, type HostNetworkState } from '../../../lib/network/index.ts';
import { namespaceOf } from '../../../lib/network/linux/index.ts';
import type { EndpointRecord } from '../../../lib/records/index.ts';
import type { State } from '../reading.ts';
import type { Finding } from './finding.ts';

const REPAIRED = 'berth repairs it within half a minute; if it stays, `berth describe host` says why it cannot';
const TRIED_AGAIN = 'what the host says above; berth tries again by itself';
const NOBODYS = 'it goes if it was berth’s; otherwise ask who else runs on the host';

/** A container that runs, with what it should have. */
interface Attached {
  /** `default/shop/web-0` */
  container: string;
  namespace: string;
  endpoint: EndpointRecord;
}

/**
 * What is on a host and should not be, and the other way round. Rules and routes are compared by the host itself, with
 * what the last batch made there.
 *
 * @param host  `c/h-1`
 */
export function hostFindings(
  host: string,
  { found, state, installation }: { found: HostNetworkState; state: State; installation: string },
): Finding[] {
  const name = host.slice(host.indexOf('/') + 1);
  const attached = attachedTo(name, state);
  const where = `hosts/${host}`;
  const report = (of: Finding['of'], what: string, expected: string, steps: string): Finding => ({
    ...{ where, found: what, expected },
    do: steps,
    of,
  });
  const findings: Finding[] = [];
  const interfaces = new Set(found.hostInterfaces);
  for (const { container, namespace, endpoint } of attached) {
    const there = found.namespaces.find((each) => each.name === namespace);
    if (!there) {
      findings.push(report('berth', `no namespace ${namespace}`, `that of ${container}`, REPAIRED));
      continue;
    }
    const chosen = there.interfaces && new Set(there.interfaces.map((each) => each.name));
    const wanted = chosen ? [] : endpoint.interfaces.flatMap(addressesOf);
    for (const address of wanted.filter((each) => !there.addresses.includes(each)))
      findings.push(report('berth', `${namespace} has not ${address}`, `the address of ${container}`, REPAIRED));
    for (const address of chosen ? [] : there.addresses.filter((each) => !wanted.includes(each)))
      findings.push(report('berth', `${namespace} has ${address}`, `${wanted.join(', ')} of ${container}`, REPAIRED));
    for (const link of endpoint.interfaces)
      if (chosen ? !chosen.has(link.name) : !interfaces.has(link.hostInterface))
        findings.push(
          report(
            'berth',
            `no interface ${chosen ? link.name : link.hostInterface}`,
            `${link.name} of ${container}`,
            REPAIRED,
          ),
        );
  }
  for (const each of unknown(found, name, state))
    findings.push(report('unknown', `${each} belongs to no container`, 'nothing', NOBODYS));
  const missing = (found.missing ?? []).filter((each) => each.installation === installation);
  for (const { what } of missing)
    findings.push(report('berth', `could not be made: ${what}`, 'as the records say', TRIED_AGAIN));
  if (attached.length > 0 && missing.length === 0 && !found.intact.includes(installation))
    findings.push(report('berth', 'routes, rules or links are changed', 'as berth left them', REPAIRED));
  for (const { port, protocol, installation: whose } of found.taken)
    if (whose === installation)
      findings.push(
        report(
          'others',
          `a program listens on ${port}/${protocol}`,
          'a published port of berth’s',
          'stop it, or move it to another port',
        ),
      );
  return findings;
}

/** The containers that run there by what was last observed, of the incarnation that has addresses. */
function attachedTo(host: string, state: State): Attached[] {
  return state.list('observed', host).flatMap(({ id, value }) => {
    const endpoint = state.get('endpoints', id)?.value;
    if (value.id === '' || value.state !== 'running' || endpoint?.uid !== value.uid) return [];
    return [{ container: id.slice(host.length + 1), namespace: namespaceOf(value.id), endpoint }];
  });
}

/** Namespaces and interfaces that no record of this host speaks of. */
function unknown(found: HostNetworkState, host: string, state: State): string[] {
  const namespaces = new Set(state.list('observed', host).map(({ value }) => namespaceOf(value.id)));
  const interfaces = new Set(
    state.list('endpoints', host).flatMap(({ value }) => value.interfaces.map((each) => each.hostInterface)),
  );
  return [
    ...found.namespaces.flatMap(({ name }) => (namespaces.has(name) ? [] : [`namespace ${name}`])),
    ...found.hostInterfaces.filter((name) => !interfaces.has(name)).map((name) => `interface ${name}`),
  ];
}
