#!/bin/bash
# rootfs.sh IMAGE PACKAGE…: a Docker image of a small Debian root file system with these packages, from this machine's
# own apt sources. Made once: an image that was built from the same list is left as it is. Needs root and dockerd.
set -euo pipefail

image=$1
shift
packages=$(printf '%s\n' "$@" | sort -u | paste -sd,)

# What apt itself uses for Debian, whatever files it is written in. It fills the form in, not the shell.
# shellcheck disable=SC2016
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT) #$(ORIGIN)' 'Created-By: Packages' |
  sed -n 's/ #Debian$//p' | sort -u)
if [ -z "$sources" ]; then
  echo "rootfs.sh: apt knows no Debian archive; run apt-get update, or add one to its sources" >&2
  exit 1
fi
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
recipe=$(printf '%s\n' "$packages" "$sources" "$suite" | sha256sum | cut -c1-16)

if [ "$(docker image inspect --format '{{index .Config.Labels "io.berth.recipe"}}' "$image" 2>/dev/null)" = "$recipe" ]; then
  exit 0
fi

echo "building $image from Debian packages (about a minute) …" >&2
list=$(mktemp)
trap 'rm -f "$list"' EXIT
printf '%s\n' "$sources" >"$list"
# shellcheck disable=SC2016  # $1 is for the shell of the hook
mmdebstrap --quiet --variant=minbase --include="$packages" \
  --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/etc/ssh/ssh_host_*' \
  "$suite" - "$list" | docker import --change "LABEL io.berth.recipe=$recipe" - "$image" >/dev/null
