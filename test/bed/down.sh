#!/bin/bash
# Removes the registry of the test bed. The images stay: they are its cache; `--images` removes them too.
set -euo pipefail

docker rm --force --volumes berth-registry >/dev/null 2>&1 || true
if [ "${1:-}" = --images ]; then
  docker volume rm berth-registry >/dev/null 2>&1 || true
  docker rmi --force redis:3 dnmonster:latest grkvlt/myapp:latest bind9:latest prober:latest berth-bed-registry berth-bed-bind-rootfs \
    berth-bed-rootfs >/dev/null 2>&1 || true
fi
