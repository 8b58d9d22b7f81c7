#!/bin/bash
# All tests in one run: units and simulation first, then those with a real etcd, then those with real machines.
# Arguments go to mocha: `tools/test.sh --grep 'a link'`.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  echo "test.sh: the tests with real machines need root (namespaces, Docker); run them as root or with sudo" >&2
  exit 1
fi
npm run --silent build
exec npx mocha --reporter test/harness/reporter.cjs "$@"
