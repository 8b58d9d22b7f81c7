#!/bin/bash
# Builds the image of sandbox machines, berth-machine:latest, from Debian's packages.
set -euo pipefail
cd "$(dirname "$0")"

../../tools/rootfs.sh berth-machine-rootfs openssh-server docker.io iproute2 iptables nftables ca-certificates openssl \
  procps kmod curl
said=$(docker build --quiet --tag berth-machine:latest . 2>&1) || { echo "$said" >&2; exit 1; }
