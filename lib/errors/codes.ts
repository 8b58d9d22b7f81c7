/**
 * Every error that a user can meet, in one table: the sentence they read and what they can do about it.
 * The reference page is generated from it. A code is never reused for something else.
 */
export const codes = {
  // What a user wrote
  BERTH_SYNTAX: { says: 'The text is neither YAML nor JSON.', do: 'Correct it at the line and column named.' },
  BERTH_INVALID: {
    says: 'A field does not hold what is expected there.',
    do: 'Correct the field named; `berth explain` describes it.',
  },
  BERTH_UNKNOWN_FIELD: { says: 'No such field exists.', do: 'Remove it or use the suggested name.' },
  BERTH_NOT_SUPPORTED_YET: {
    says: 'The field is part of the design, but nothing acts on it yet.',
    do: 'Leave it at its default.',
  },
  BERTH_BAD_KEY: {
    says: 'The key does not name a record.',
    do: 'Put the record under the key that its kind has; see docs/reference/keys.md.',
  },
  BERTH_TOO_LARGE: {
    says: 'The value is too large for a record.',
    do: 'Records are at most 1 MiB; etcd refuses more than 1.5 MiB.',
  },
  BERTH_CYCLE: { says: 'Things wait for each other in a circle.', do: 'Remove one of the links or references named.' },
  BERTH_NOT_FOUND: {
    says: 'What is referred to does not exist.',
    do: 'Create it, or correct the name; it is looked at again when one appears.',
  },
  // The store
  BERTH_STORE_UNAVAILABLE: {
    says: 'etcd does not answer.',
    do: 'Check the endpoints, the network and etcd itself; berth tries again.',
  },
  BERTH_STORE_DENIED: {
    says: 'etcd refuses the user or certificate.',
    do: 'Check the credentials and the role; `berth roles` prints what each needs.',
  },
  BERTH_STORE_FULL: {
    says: 'etcd has no space left.',
    do: 'Compact and defragment it or raise its quota, then disarm the alarm.',
  },
  BERTH_STORE_COMPACTED: { says: 'The revision asked for has been compacted.', do: 'Nothing; caches list again.' },
  BERTH_STORE_LEASE_GONE: { says: 'A lease has ended.', do: 'Nothing; a new one is taken.' },
  BERTH_STORE_INVALID: { says: 'etcd refuses the request as malformed.', do: 'Report it: this is a defect of berth.' },
  BERTH_CONFLICT: { says: 'A key changed since it was read.', do: 'Nothing; it is read again.' },
  BERTH_NOT_LEADER: { says: 'The lead was lost before the write.', do: 'Nothing; another replica goes on.' },
  BERTH_NOT_OWNER: {
    says: 'A controller tried to write a key of somebody else.',
    do: 'Report it: this is a defect of berth.',
  },
  // Machines and engines
  BERTH_SSH: {
    says: 'SSH to a machine failed.',
    do: 'Check address, port, user and key; the message of the server is quoted.',
  },
  BERTH_HOST_KEY: {
    says: 'The host key of a machine is not the expected one, or is not known.',
    do: 'Compare the fingerprint on the machine itself, then put it into spec.ssh.hostKeys.',
  },
  BERTH_COMMAND: { says: 'A command on a machine failed.', do: 'Its output is quoted.' },
  BERTH_FENCED: {
    says: 'A host refused a batch: a newer leader has been there.',
    do: 'Nothing; the newer leader goes on.',
  },
  BERTH_FOREIGN: {
    says: 'The machine belongs to another installation of berth.',
    do: 'Remove it from one of the two.',
  },
  BERTH_ENGINE: { says: 'Docker Engine refused a request.', do: 'Its message is quoted.' },
  BERTH_ENGINE_UNREACHABLE: {
    says: 'Docker Engine does not answer.',
    do: 'Check the machine, the engine and the network between; berth tries again.',
  },
  BERTH_IMAGE: { says: 'An image cannot be pulled.', do: 'Check its name and the registries of the cloud.' },
  BERTH_LOCATION: { says: 'A location cannot give or take a machine.', do: 'Its message is quoted.' },
  BERTH_NO_MACHINE: { says: 'The location has no machine left.', do: 'Add machines to it or lower spec.hosts.min.' },
  BERTH_DNS: {
    says: 'A name server does not do what it is asked.',
    do: 'Its answer is quoted, with what to change in its configuration or in spec.dns of the cloud.',
  },
  BERTH_TIMEOUT: { says: 'Something took too long.', do: 'It is tried again.' },
  // The command line
  BERTH_UNAUTHORIZED: {
    says: 'The HTTP port was not given its token.',
    do: 'Name the token file of the controllers by --token-file or BERTH_HTTP_TOKEN_FILE.',
  },
  BERTH_UNREACHABLE: {
    says: 'No HTTP port of the controllers answers.',
    do: 'Check that `berth up` or `berth controllers` runs, or name its address by --http or BERTH_HTTP.',
  },
  BERTH_USAGE: { says: 'The command line is not understood.', do: 'See `berth help`.' },
  BERTH_INTERNAL: { says: 'berth met a state that it does not expect.', do: 'Report it, with the log.' },
} as const;

export type Code = keyof typeof codes;
