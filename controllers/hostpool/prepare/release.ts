import type { Shell } from '../../../lib/ssh/index.ts';
import { run } from './machine.ts';

/**
 * Gives a machine that somebody else owns back as it was found: no configuration, certificates or mark of ours. What
 * was installed stays installed. Runs any number of times; the mark goes last, so that a machine half given back is
 * still ours.
 */
export async function release(fenced: Shell, signal: AbortSignal): Promise<void> {
  await run(fenced, RELEASE, { signal, timeoutMs: 120_000, what: 'giving the machine back' });
}

const RELEASE = `
daemon=/etc/docker/daemon.json
if grep -qs berth "$daemon"; then
  if [ -e "$daemon.before-berth" ]; then mv "$daemon.before-berth" "$daemon"; else rm -f "$daemon"; fi
fi
rm -rf /etc/docker/berth /usr/local/lib/berth /etc/sysctl.d/90-berth.conf /etc/systemd/system/docker.service.d/berth.conf
if [ -d /run/systemd/system ]; then systemctl daemon-reload; systemctl restart docker
elif [ -e /run/berth/supervisor ]; then [ ! -e /run/docker.pid ] || kill "$(cat /run/docker.pid)" 2>/dev/null
else service docker restart >/dev/null 2>&1
fi
rm -f /var/lib/berth/installation
:`;
