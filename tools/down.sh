#!/bin/bash
# Ends what setup.sh started: the registry, machines, and the engine if it was us who started it. Images stay, as a cache;
# `--images` removes them too.
set -euo pipefail
cd "$(dirname "$0")/.."

if docker version >/dev/null 2>&1; then test/bed/down.sh "$@"; fi
if [ -e .cache/dockerd.pid ]; then
  pid=$(cat .cache/dockerd.pid)
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
    kill "$pid"
    for _ in $(seq 150); do
      [ -e "/proc/$pid" ] || break
      sleep 0.1
    done
  fi
  rm -f .cache/dockerd.pid
fi
