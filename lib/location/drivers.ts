import type { LocationSpec } from '../records/index.ts';
import { expandBraces, MAX_MACHINES, splitHosts } from './hosts.ts';
import { machineKey, parseMachine } from './machine.ts';
import { Malformed, quote, within } from './problem.ts';
import type { Settings } from './settings.ts';

/** Takes machines from a cloud provider; named as jclouds names them: `jclouds:aws-ec2:eu-central-1`. */
export interface CloudLocation {
  driver: 'jclouds';
  text: string;
  provider: string;
  /** Region or endpoint. */
  region?: string;
}

export type ParsedLocation = LocationSpec | CloudLocation;

interface Driver {
  /** Names of its settings, in the order in which they are printed. */
  settings: readonly string[];
  read(settings: Settings): LocationSpec;
}

/** Drivers whose locations are `driver`, `driver:(…)`, or a map. */
export const drivers: Record<LocationSpec['driver'], Driver> = {
  byon: { settings: ['hosts', 'user', 'port'], read: byon },
  localhost: { settings: [], read: (settings) => ({ driver: 'localhost', text: settings.print('localhost') }) },
  sandbox: { settings: ['image', 'cpus', 'memory'], read: sandbox },
  hollow: { settings: ['cpus', 'memory', 'zones', 'startMs', 'failureRate'], read: hollow },
};

const HOSTS = 'hosts="…", a list such as 10.0.0.{1,2-9},user@host:port';

function byon(settings: Settings): LocationSpec {
  const user = settings.text('user');
  const defaults = { port: settings.integer('port', { min: 1, max: 65_535 }) ?? 22, ...(user ? { user } : {}) };
  const seen = new Set<string>();
  const lists = settings.texts('hosts', HOSTS, (list) =>
    splitHosts(list).flatMap(({ text, offset }) =>
      within(offset, () =>
        expandBraces(text, MAX_MACHINES - seen.size).map((host) => {
          // A machine that came out of braces has no place of its own: the mistake is the pattern's.
          const machine = host === text ? parseMachine(host, defaults) : atStart(() => parseMachine(host, defaults));
          const key = machineKey(machine);
          if (seen.has(key))
            throw new Malformed({
              path: [],
              offset: 0,
              found: `${quote(key)} a second time`,
              expected: 'each machine once',
            });
          seen.add(key);
          return machine;
        }),
      ),
    ),
  );
  if (!lists) throw new Malformed({ path: [], found: 'no hosts', expected: HOSTS });
  return { driver: 'byon', text: settings.print('byon'), machines: lists.flat() };
}

function atStart<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof Malformed ? new Malformed({ ...error.problem, offset: 0 }) : error;
  }
}

function sandbox(settings: Settings): LocationSpec {
  const [image, cpus, memory] = [settings.text('image'), settings.cores('cpus'), settings.bytes('memory')];
  return {
    driver: 'sandbox',
    text: settings.print('sandbox'),
    ...(image === undefined ? {} : { image }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
  };
}

/** Defaults: a common machine, in one zone, whose engine starts a container in 200 ms and never fails. */
function hollow(settings: Settings): LocationSpec {
  return {
    driver: 'hollow',
    text: settings.print('hollow'),
    cpus: settings.cores('cpus') ?? 16,
    memory: settings.bytes('memory') ?? 64 * 2 ** 30,
    zones: settings.integer('zones', { min: 1, max: 1000 }) ?? 1,
    startMs: settings.number('startMs', { min: 0, max: 3_600_000, expected: 'milliseconds, at most an hour' }) ?? 200,
    failureRate: settings.number('failureRate', { min: 0, max: 1, expected: 'a share from 0 to 1' }) ?? 0,
  };
}

/** `aws-ec2`, `aws-ec2:eu-central-1`, `openstack-nova:https://keystone:5000/v2.0`. */
export function parseProvider(text: string, region?: string): CloudLocation {
  const match = /^([a-z][a-z0-9-]*)(?::(\S+))?$/.exec(text.trim());
  if (!match)
    throw new Malformed({
      path: [],
      offset: 0,
      found: text.trim() === '' ? 'nothing' : quote(text),
      expected: 'a provider such as aws-ec2, with a region where it has any: aws-ec2:eu-central-1',
    });
  const where = match[2] ?? region;
  return {
    driver: 'jclouds',
    text: `jclouds:${match[1]}${where ? `:${where}` : ''}`,
    provider: match[1]!,
    ...(where ? { region: where } : {}),
  };
}
