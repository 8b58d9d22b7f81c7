/** One observation about a record, after the Kubernetes API conventions. `type` names a state, never a transition. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** Generation of the record that was looked at. */
  observedGeneration?: number;
  /** RFC 3339, seconds; changes only with `status`. */
  lastTransitionTime: string;
  /** One word in CamelCase, for programs. */
  reason: string;
  /** A sentence, for people. Never a secret. */
  message: string;
}

/** A condition as a reconcile states it; times are filled in when it is merged into what stood there. */
export type Observation = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** What the owner of a kind says about a user's record. */
export interface Status {
  /** Generation (mod_revision of the user's key) that this speaks of. */
  observedGeneration?: number;
  phase: string;
  conditions: Condition[];
}
