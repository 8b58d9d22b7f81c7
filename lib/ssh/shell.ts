/** Commands on a machine: over SSH, on this machine, or (tests) on none. */

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Sent to the command's standard input; secrets travel this way, never in the command line. */
  stdin?: string | Buffer;
  /** Milliseconds; default 60,000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface Shell {
  /**
   * Runs `command` by the login shell of the machine as root (with sudo where the user is not root).
   * Resolves for any exit code. Output is cut at 1 MiB each.
   * @throws BERTH_SSH when the machine cannot be reached or refuses; BERTH_HOST_KEY; BERTH_TIMEOUT
   */
  run(command: string, options?: RunOptions): Promise<CommandResult>;
  close(): void;
}

export interface SshTarget {
  address: string;
  port: number;
  user: string;
  /** `SHA256:…` as ssh-keygen -l prints; several where the machine has several keys. */
  hostKeys: readonly string[];
  /** OpenSSH or PEM text. */
  privateKey: string;
  /** Tried after it, in order; sshd allows six tries in all by default. */
  otherKeys?: readonly string[];
}
