import { BerthError, isCode, messageOf } from '../../../lib/errors/index.ts';
import type { HostNetworkState } from '../../../lib/network/index.ts';
import { sleep } from '../../../lib/platform/index.ts';
import { API_VERSION } from '../../../lib/schema/index.ts';
import { parseFormat } from '../../output/format.ts';
import { printObjects } from '../../output/objects.ts';
import { Table } from '../../output/table.ts';
import { type Read, read, type State } from '../reading.ts';
import type { ExitCode, Session } from '../session.ts';
import { datastoreFindings } from './datastore.ts';
import { type Finding, sameness } from './finding.ts';
import { hostFindings } from './hosts.ts';
import { recordFindings } from './records.ts';

export interface CheckOptions {
  output?: string | undefined;
  /** What is on a host, by its name; or why that is not looked at. */
  hosts: { read(host: string): Promise<HostNetworkState>; required: 'yes' | 'no' } | { skipped: string };
}

/** A part that nothing is said of. */
interface Unseen {
  what: string;
  why: string;
}

interface Look {
  findings: Finding[];
  unseen: Unseen[];
  /** How much was looked at. */
  records: number;
  networks: number;
  hosts: number;
}

const READS: readonly Read[] = (
  ['installation', 'calico', 'networks', 'endpoints', 'assignments', 'observed', 'hosts'] as const
).map((kind) => ({ kind }));

/** Milliseconds between two looks: what somebody was in the middle of is over by then. */
const AGAIN = 3000;
/** Hosts that are asked at a time. */
const AT_A_TIME = 8;

/**
 * `berth network check`: Calico's records against Calico's rules, ours against Calico's, hosts against ours. A finding is
 * what two looks find alike.
 *
 * @returns 1 where anything was found
 * @throws BERTH_USAGE; BERTH_STORE_…; BERTH_UNREACHABLE where hosts are required and the port is not there
 */
export async function check(session: Session, { output, hosts }: CheckOptions): Promise<ExitCode> {
  const format = parseFormat(output);
  let seen = await look(session, hosts);
  if (seen.findings.length > 0) {
    const before = new Set(seen.findings.map(sameness));
    await sleep(session.clock, AGAIN, new AbortController().signal);
    const again = await look(session, hosts);
    seen = { ...again, findings: again.findings.filter((finding) => before.has(sameness(finding))) };
  }
  const findings = seen.findings.sort((a, b) => order(a.of) - order(b.of) || (a.where < b.where ? -1 : 1));
  if (format.as === 'table') {
    if (findings.length > 0) session.print(tableOf(findings));
    for (const line of summary(seen)) session.note(line);
  } else {
    const { unseen: notLookedAt, records, networks } = seen;
    const lookedAt = { records, networks, hosts: seen.hosts };
    const object = { apiVersion: API_VERSION, kind: 'NetworkCheck', lookedAt, notLookedAt, findings };
    const printed =
      format.as === 'name' ? findings.map((each) => ({ name: each.where, object: each })) : [{ name: '', object }];
    session.print(printObjects(printed, { format, shape: 'one' }));
  }
  return findings.length > 0 ? 1 : 0;
}

/** Ours first: these are berth's to answer for. */
const order = (of: Finding['of']): number => ['berth', 'unknown', 'others'].indexOf(of);

function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ where, of, found, expected, do: steps }) => [where, of, found, expected, steps]);
  return new Table(['WHERE', 'OF', 'FOUND', 'EXPECTED', 'DO']).render(rows);
}

function* summary({ findings, unseen, records, networks, hosts }: Look): Iterable<string> {
  const count = findings.length === 0 ? 'No findings' : `${findings.length} finding${findings.length > 1 ? 's' : ''}`;
  yield `${count} in ${records} records of Calico, ${networks} networks, ${hosts} hosts.`;
  const byReason = new Map<string, string[]>();
  for (const { what, why } of unseen) byReason.set(why, [...(byReason.get(why) ?? []), what]);
  for (const [why, what] of byReason) yield `Not looked at: ${what.join(', ')}: ${why}`;
}

async function look(session: Session, hosts: CheckOptions['hosts']): Promise<Look> {
  const state = await read(session, READS);
  const installation = state.get('installation', '')?.value.id;
  if (installation === undefined)
    throw new BerthError('BERTH_NOT_FOUND', 'no controllers have run with this etcd and prefix yet', {
      place: 'installation',
      hint: 'run `berth up` or `berth controllers` there, or name another by --etcd and --prefix',
    });
  const findings = [...datastoreFindings(state, installation), ...recordFindings(state, installation)];
  const seen = await lookAtHosts(state, installation, hosts);
  return {
    findings: [...findings, ...seen.findings],
    unseen: seen.unseen,
    records: state.list('calico').length,
    networks: state.list('networks').length,
    hosts: seen.hosts,
  };
}

type HostsSeen = Pick<Look, 'findings' | 'unseen' | 'hosts'>;

async function lookAtHosts(state: State, installation: string, hosts: CheckOptions['hosts']): Promise<HostsSeen> {
  const seen: HostsSeen = { findings: [], unseen: [], hosts: 0 };
  const all = state.list('hosts');
  if ('skipped' in hosts) {
    if (all.length > 0) seen.unseen.push({ what: `${all.length} hosts`, why: hosts.skipped });
    return seen;
  }
  const left = all.flatMap(({ id, value }) => {
    if (value.phase === 'Ready') return [id];
    seen.unseen.push({ what: `hosts/${id}`, why: `the host is not Ready but ${value.phase}` });
    return [];
  });
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        const found = await hosts.read(id.slice(id.indexOf('/') + 1));
        seen.findings.push(...hostFindings(id, { found, state, installation }));
        seen.hosts++;
      } catch (error) {
        if (!isCode(error, 'BERTH_UNREACHABLE', 'BERTH_UNAUTHORIZED')) seen.findings.push(silent(id, error));
        else if (hosts.required === 'yes') throw error;
        else seen.unseen.push({ what: `hosts/${id}`, why: messageOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return seen;
}

/** A host that is Ready and cannot be read. */
const silent = (id: string, error: unknown): Finding => ({
  where: `hosts/${id}`,
  found: messageOf(error),
  expected: 'an answer: the host is Ready',
  do: `berth describe host ${id.slice(id.indexOf('/') + 1)}`,
  of: 'berth',
});
