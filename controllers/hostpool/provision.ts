/** From a host's record to a machine that is where the record says. */

import { BerthError } from '../../lib/errors/index.ts';
import type { Machine } from '../../lib/machine/index.ts';
import type { DockerCloudSpec, HostRecord, LocationSpec } from '../../lib/records/index.ts';
import { sameJson, type Write } from '../../lib/store/index.ts';
import type { Owned } from './context.ts';
import { needsCredentials, secretsOf } from './credentials.ts';
import { fingerprintClaim } from './names.ts';
import { driverOf } from './place.ts';
import { done, explaining, type Subject, update } from './subject.ts';

/** The machine was made and is where the record says; one that was stopped is started by the same idempotent `create`. */
export function isIntroduced({ cloud, host, record, context }: Subject): boolean {
  if (!record.engine) return false;
  // The user may have named another key or user meanwhile, in the record or in known_hosts; asking costs nothing.
  if (
    driverOf(record) === 'byon' &&
    (record.prepared === undefined || context.tools.probes.of(host).verdict === 'failing')
  )
    return false;
  const listed = context.tools.inventory.machine(cloud, host);
  if (!listed) return true;
  if (listed.state === 'stopped') return false;
  const moved = listed.address !== '' && listed.address !== record.address;
  return !moved && sameJson(listed.registryMirrors ?? [], record.registryMirrors ?? []);
}

/** @returns whether there was anything new, which wakes this host again */
export async function provision(subject: Subject, location: LocationSpec): Promise<boolean> {
  const { cloud, host, record, spec, context } = subject;
  const { tools, installation, signal, fence, state } = context;
  const credentials = state.get('credentials', cloud);
  // They come with the cloud's next reconcile, and wake this one.
  if (needsCredentials(spec) && !credentials) return true;
  return explaining(subject, 'Provisioned', async () => {
    const secrets = await secretsOf(credentials, tools);
    fence.check();
    const machine = await tools.locations[location.driver].create(
      {
        ...{ host, cloud, installation, spec, location },
        sshPublicKey: secrets?.ssh.publicKey ?? '',
        ...(record.machineId !== '' && { claimed: record.machineId }),
      },
      signal,
    );
    const claims = location.driver === 'byon' ? keyClaims(subject, machine) : [];
    return update(subject, (current) => introduced(current, machine, spec), [done('Provisioned')], claims);
  });
}

/** What the location said of the machine. Another address asks for another certificate, and so for preparation. */
function introduced(record: HostRecord, machine: Machine, spec: DockerCloudSpec): HostRecord {
  const { address, engine, id, labels, ssh, registryMirrors } = machine;
  return {
    ...record,
    ...{ address, engine, machineId: id, labels: { ...spec.machine.labels, ...labels } },
    ...(ssh && { ssh: { user: ssh.user, port: ssh.port, hostKey: ssh.hostKeys.join(' ') } }),
    ...(registryMirrors && { registryMirrors }),
  };
}

/** A machine under two names is one machine: its host keys are claimed too. */
function keyClaims({ cloud, host, context }: Subject, { ssh }: Machine): Write<Owned>[] {
  const { state, installation } = context;
  return (ssh?.hostKeys ?? []).flatMap((hostKey): Write<Owned>[] => {
    const id = `byon/${fingerprintClaim(hostKey)}`;
    const claim = state.get('machineclaims', id)?.value;
    if (claim?.host === host) return [];
    if (claim)
      throw new BerthError(
        'BERTH_LOCATION',
        `the machine has the host key ${hostKey}, as ${claim.cloud}/${claim.host} has`,
        {
          hint: 'name each machine once, or give each a host key of its own',
        },
      );
    return [{ put: 'machineclaims', id, value: { cloud, host, installation }, expect: 0 }];
  });
}
