#!/bin/bash
# helm lint and helm template of the chart. Where helm is missing it is installed by Go, once, into .cache/bin.
set -euo pipefail
cd "$(dirname "$0")/.."

helm=$(command -v helm || echo "$PWD/.cache/bin/helm")
if [ ! -x "$helm" ]; then
  command -v go >/dev/null || { echo "chart.sh: neither helm nor go is here; install one of them" >&2; exit 1; }
  echo "installing helm with go (some minutes) …" >&2
  GOBIN="$PWD/.cache/bin" go install helm.sh/helm/v3/cmd/helm@latest
fi
"$helm" lint --strict deploy/chart
"$helm" template berth deploy/chart >/dev/null
"$helm" template berth deploy/chart --set serviceMonitor.enabled=true --set etcd.tlsSecret= --set etcd.credentialsSecret=berth-etcd \
  --set 'only={placement,ippool}' --set replicas=1 >/dev/null
echo "the chart is fine"
