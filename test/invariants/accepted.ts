import type { ApplicationSpec } from '../../lib/records/index.ts';
import type { Invariant } from './invariant.ts';
import type { Ledger } from './ledger.ts';

/** Kinds that users write and their owners accept. */
const PLURALS = ['applications', 'dockerclouds', 'virtualnetworks'] as const;

/** 5: what was accepted stays until its user deletes it: a record that cannot be read is not one that is gone. */
const staysUntilDeleted: Invariant = {
  guarantee: 5,
  name: 'what was accepted stays until it is deleted',
  *broken(ledger, touched) {
    for (const plural of PLURALS) {
      for (const [id, before] of touched.before(`accepted/${plural}`)) {
        const after = ledger.get(`accepted/${plural}`, id);
        const written = ledger.get(plural, id);
        if (!before || before.value.deleting !== undefined) continue;
        if (written?.createRevision !== before.value.uid) continue;
        if (!after) yield `accepted/${plural}/${id} is gone, and the user's record stands`;
        else if (after.value.deleting !== undefined)
          yield `${plural}/${id} is being deleted, and the user's record stands`;
      }
    }
  },
};

/** 5: what is accepted changes with the user's record only, and never to one that was refused. */
const followsTheUser: Invariant = {
  guarantee: 5,
  name: 'nothing but a valid record is accepted',
  *broken(ledger, touched) {
    for (const plural of PLURALS) {
      const accepted = touched.before(`accepted/${plural}`);
      for (const [id, before] of accepted) {
        const after = ledger.get(`accepted/${plural}`, id);
        if (before?.value.uid !== after?.value.uid || before?.value.generation !== after?.value.generation) continue;
        if (JSON.stringify(before?.value.spec) !== JSON.stringify(after?.value.spec))
          yield `accepted/${plural}/${id} changed, and the user's record did not`;
      }
      for (const id of new Set([...accepted.keys(), ...touched.before(`status/${plural}`).keys()])) {
        const generation = ledger.get(`accepted/${plural}`, id)?.value.generation;
        if (generation !== undefined && generation === refusedGeneration(ledger, plural, id))
          yield `${plural}/${id} of revision ${generation} is refused, and accepted`;
      }
    }
  },
};

/** The version of a user's record that was found to be invalid, where the last one was. */
function refusedGeneration(ledger: Ledger, plural: (typeof PLURALS)[number], id: string): number | undefined {
  const conditions = ledger.get(`status/${plural}`, id)?.value.conditions;
  const accepted = conditions?.find(({ type }) => type === 'Accepted');
  // One that waits for the end of its namesake, or for the last of its containers, is accepted when that is gone.
  const isFinal = accepted?.reason !== 'Deleting' && accepted?.reason !== 'Immutable';
  return accepted?.status === 'False' && isFinal ? accepted.observedGeneration : undefined;
}

/** 5: no container is taken away from an application that is accepted with it, whatever its user writes that is not valid. */
const containersStay: Invariant = {
  guarantee: 5,
  name: 'what is accepted is wanted',
  *broken(ledger, touched) {
    for (const [id, before] of touched.before('containers')) {
      if (!before || ledger.get('containers', id)) continue;
      const [namespace, app, name = ''] = id.split('/');
      const accepted = ledger.get('accepted/applications', `${namespace}/${app}`)?.value;
      if (accepted?.uid !== before.value.uid || accepted.deleting !== undefined) continue;
      if (wants(accepted.spec, name)) yield `containers/${id} is gone, and the accepted application has it`;
    }
  },
};

/** Whether an application has a container of this name: `<service>-<n>`, from 0. */
const wants = ({ services }: ApplicationSpec, name: string): boolean =>
  services.some(({ id, replicas }) => {
    const n = name.startsWith(`${id}-`) ? name.slice(id.length + 1) : '';
    return /^\d+$/.test(n) && Number(n) < replicas;
  });

/** 5: an invalid record changes nothing that runs. That nobody else changes what a user wrote is judged by `landings.ts`. */
export const acceptedStands: readonly Invariant[] = [staysUntilDeleted, followsTheUser, containersStay];
