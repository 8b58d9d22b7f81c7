#!/bin/bash
# package.sh FOLDER: all that `berth` needs to run, compiled, with the modules of production alone: what goes to /opt/berth
# of a machine, or into the image that deploy/Dockerfile makes. The folder must be new or empty. Needs Node 20 and npm.
set -euo pipefail

mkdir -p "${1:?package.sh FOLDER}"
folder=$(cd "$1" && pwd)
if [ -n "$(ls -A "$folder")" ]; then
  echo "package.sh: $folder is not empty" >&2
  exit 1
fi
cd "$(dirname "$0")/.."

tools/setup.sh modules
# Nothing of an older build.
rm -rf dist
npm run --silent build
cp -r bin crds dist package.json package-lock.json .npmrc README.md LICENSE "$folder"
cd "$folder"
npm ci --omit=dev --ignore-scripts --loglevel=error
# Whoever runs it may read all of it.
chmod -R a+rX .
