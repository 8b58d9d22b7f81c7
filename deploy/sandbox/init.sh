#!/bin/bash
# Process 1 of a sandbox machine: lets hostpool in by SSH, and keeps the engine running that hostpool configures.
# What it has to do stands in lib/machine/sandbox/README.md.
set -u

# What a reboot of a real machine would have emptied.
rm -rf /run/docker /run/docker.sock /run/docker.pid /run/containerd /run/netns /run/xtables.lock
mkdir -p /run/sshd /run/berth /root/.ssh
if [ ! -w /sys/kernel ] || grep -q ' /sys sysfs ro' /proc/mounts; then mount -o remount,rw /sys; fi
mount --make-rshared /
touch /run/berth/supervisor

printf '%s\n' "${BERTH_SSH_KEY:-}" >/root/.ssh/authorized_keys
chmod 700 /root/.ssh
chmod 600 /root/.ssh/authorized_keys

# Made aside and moved, public parts last, so that who sees them sees them all.
if ! ls /etc/ssh/ssh_host_*_key >/dev/null 2>&1; then
  mkdir -p /run/keys/etc/ssh
  ssh-keygen -q -A -f /run/keys
  find /run/keys/etc/ssh -type f ! -name '*.pub' -exec mv -t /etc/ssh/ {} +
  mv /run/keys/etc/ssh/*.pub /etc/ssh/
fi

# keep COMMAND…: runs it again half a second after it ended.
keep() {
  while :; do
    "$@"
    sleep 0.5
  done
}

engine() {
  while [ ! -e /etc/docker/daemon.json ]; do sleep 0.2; done
  rm -f /run/docker.pid
  dockerd >>/var/log/dockerd.log 2>&1
}

stop() {
  trap - TERM
  [ -e /run/docker.pid ] && pid=$(cat /run/docker.pid) && kill "$pid" && while [ -e "/proc/$pid" ]; do sleep 0.1; done
  exit 0
}
trap stop TERM INT

keep /usr/sbin/sshd -D -e >>/var/log/sshd.log 2>&1 &
keep engine &
# `wait` reaps what is orphaned, too.
while :; do wait -n || sleep 0.1; done
