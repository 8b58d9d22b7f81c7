import { readFile } from 'node:fs/promises';

/** Linux capabilities by bit (include/uapi/linux/capability.h). */
// biome-ignore format: a table
const NAMES = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP',
  'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE',
  'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME',
  'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG',
  'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
];

/** What engines before 23.0 neither know nor give to anybody: they refuse a container that would be without them. */
export const unknownToOldEngines: readonly string[] = ['PERFMON', 'BPF', 'CHECKPOINT_RESTORE'];

/**
 * The capabilities that this machine cannot give to a container, by the bounding set of this process, which an engine
 * on the same machine shares unless somebody confined one of the two. Empty: `--privileged` will do.
 *
 * @param status      text of /proc/self/status
 * @param lastBit     number of the kernel's last capability, /proc/sys/kernel/cap_last_cap
 */
export function missingCapabilities(status: string, lastBit: number): string[] {
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return NAMES.filter((_, bit) => bit <= lastBit && ((bounding >> BigInt(bit)) & 1n) === 0n);
}

/** The same, of this machine now. */
export async function missingHere(): Promise<string[]> {
  const [status, last] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    readFile('/proc/sys/kernel/cap_last_cap', 'utf8'),
  ]);
  return missingCapabilities(status, Number(last));
}

/**
 * HostConfig of a container that may do all that its machine can give it. `--privileged` asks for every capability there
 * is, and is refused where the machine lacks one.
 *
 * @param missing  capabilities that the machine lacks
 */
export const allPrivileges = (missing: readonly string[]): object =>
  missing.length === 0
    ? { Privileged: true }
    : {
        CapAdd: ['ALL'],
        CapDrop: [...missing],
        SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
        // What docker's command line makes of `--security-opt systempaths=unconfined`.
        MaskedPaths: [],
        ReadonlyPaths: [],
        CgroupnsMode: 'host',
        DeviceCgroupRules: ['a *:* rwm'],
      };
