import { fileStep, readFile, run, type Step } from '../machine.ts';

const FORWARD = '/proc/sys/net/ipv4/ip_forward';

/** After a reboot. */
export const kernelSettings = fileStep('KernelSettings', () => ({
  path: '/etc/sysctl.d/90-berth.conf',
  text: '# Written by berth: hosts route between their containers and other hosts.\nnet.ipv4.ip_forward = 1\n',
}));

/** Now. */
export const forwarding: Step = {
  name: 'Forwarding',
  check: async (machine) => (await readFile(machine, FORWARD))?.trim() === '1',
  async apply({ fenced, signal }) {
    await run(fenced, `echo 1 >${FORWARD}`, { signal, what: 'switching IP forwarding on' });
  },
};
