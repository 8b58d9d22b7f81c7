#!/bin/bash
# All tests in one run, several files at once: those with real machines and etcds mostly wait, and begin first.
# Arguments go to mocha: `tools/test.sh --grep 'a link'`.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  echo "test.sh: the tests with real machines need root (namespaces, Docker); run them as root or with sudo" >&2
  exit 1
fi
npm run --silent build
exec npx mocha --parallel --jobs "${BERTH_TEST_JOBS:-3}" --reporter test/harness/reporter.cjs "$@"
