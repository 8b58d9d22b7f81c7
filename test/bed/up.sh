#!/bin/bash
# Makes the test bed: the images that the talk's blueprints name, built from Debian's packages, and a registry on the
# local engine that serves them as a mirror of Docker Hub. Sandbox machines find it by its label `io.berth.registry`.
# Safe to run again: what is there already stays. `down.sh` removes the registry.
set -euo pipefail
cd "$(dirname "$0")"

# Only this machine pushes, by the port on loopback; machines pull from the container's own address.
push=127.0.0.1:5500
# Image of the blueprints, or one that stands in for what cannot be had here → name in the registry, as Docker Hub has it.
declare -A images=([redis]=library/redis:3 [dnmonster]=library/dnmonster:latest [myapp]=grkvlt/myapp:latest [bind9]=library/bind9:latest [prober]=library/prober:latest [calico-node]=calico/node:v3.32.1)

# The engine's own builder says on every run that it is deprecated; only a failure is worth reading.
build() {
  local said
  said=$(docker build --quiet --tag "$1" "$2" 2>&1) || { echo "$said" >&2; exit 1; }
}

../../tools/rootfs.sh berth-bed-rootfs docker-registry redis-server python3
../../tools/rootfs.sh berth-bed-bind-rootfs bind9 bind9-dnsutils python3

build berth-bed-registry images/registry
if [ -z "$(docker ps --quiet --filter label=io.berth.registry)" ]; then
  docker rm --force berth-registry >/dev/null 2>&1 || true
  docker run --detach --name berth-registry --label io.berth.registry --restart unless-stopped \
    --publish "$push:5000" --volume berth-registry:/var/lib/registry berth-bed-registry >/dev/null
fi
for _ in $(seq 100); do
  curl --silent --fail --output /dev/null "http://$push/v2/" && break
  sleep 0.1
done

for image in "${!images[@]}"; do
  name=${images[$image]}
  build "${name#library/}" "images/$image"
  docker tag "${name#library/}" "$push/$name"
  docker push --quiet "$push/$name" >/dev/null
  docker rmi --no-prune "$push/$name" >/dev/null
done
