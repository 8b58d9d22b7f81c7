#!/bin/bash
# setup.sh [packages|docker|modules|machine|bed]…: what the make targets need, each thing done only where it is missing.
#   packages  Debian packages, through apt as root or with sudo
#   modules   node_modules, by npm ci
#   docker    a Docker Engine: started where none answers, and then stopped again by `make down`
#   machine   the image of the sandbox location's machines
#   bed       application images and the registry that mirrors Docker Hub
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache

needed="bind9 bind9-dnsutils busybox-static ca-certificates containernetworking-plugins curl docker.io etcd-client etcd-server iproute2 iptables mmdebstrap nftables openssh-client openssh-server openssl prometheus shellcheck"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

packages() {
  local missing=()
  for package in $needed; do
    dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "installing ${missing[*]} …" >&2
  as_root apt-get update -qq
  # No package starts a service of its own: an etcd on 2379 or a name server on 53 would be in somebody's way.
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e $policy ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
  fi
  local failed=
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >.cache/apt.log 2>&1 ||
    failed=yes
  [ -z "$ours" ] || as_root rm -f $policy
  [ -z "$failed" ] || { tail -20 .cache/apt.log >&2; exit 1; }
}

modules() {
  if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "installing npm packages …" >&2
    npm ci --loglevel=error
  fi
}

docker_engine() {
  docker version >/dev/null 2>&1 && return
  if [ -d /run/systemd/system ]; then
    as_root systemctl start docker
  else
    as_root sh -c 'nohup setsid dockerd >.cache/dockerd.log 2>&1 & echo $! >.cache/dockerd.pid'
  fi
  for _ in $(seq 300); do
    docker version >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "setup.sh: Docker Engine does not start; see .cache/dockerd.log" >&2
  exit 1
}

for part in "$@"; do
  case $part in
    packages) packages ;;
    modules) modules ;;
    docker) docker_engine ;;
    machine) deploy/sandbox/build.sh ;;
    bed) test/bed/up.sh ;;
    *) echo "setup.sh: $part? one of packages, modules, docker, machine, bed" >&2; exit 2 ;;
  esac
done
