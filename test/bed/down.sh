#!/bin/bash
# Removes the registry of the test bed, all sandbox machines of this engine, and what else tests left on it. The images
# stay: they are a cache; `--images` removes them too, with those of machines and of tests.
set -euo pipefail

# By the labels of lib/machine/sandbox/container.ts and test/harness/docker.ts.
for label in io.berth.machine io.berth.test; do
  docker ps --all --quiet --filter "label=$label" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
done
docker rm --force --volumes berth-registry >/dev/null 2>&1 || true

if [ "${1:-}" = --images ]; then
  docker volume rm berth-registry >/dev/null 2>&1 || true
  # Those that are made of others first; one that is not there keeps nobody from removing the rest.
  for image in redis:3 dnmonster:latest grkvlt/myapp:latest bind9:latest prober:latest calico/node:v3.32.1 \
    berth-bed-registry berth-bed-bind-rootfs berth-bed-rootfs berth-machine berth-machine-rootfs \
    berth-test/busybox:1 berth/pause:1; do
    docker rmi --force "$image" >/dev/null 2>&1 || true
  done
  # What was replaced by a newer one of the same name.
  docker image prune --force --filter label=io.berth.recipe >/dev/null
fi
