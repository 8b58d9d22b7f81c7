#!/bin/bash
# helm lint of the chart, and helm template of its variants. Where helm is missing it is installed by Go, once, into .cache/bin.
set -euo pipefail
cd "$(dirname "$0")/.."

helm=$(command -v helm || echo "$PWD/.cache/bin/helm")
if [ ! -x "$helm" ]; then
  command -v go >/dev/null || { echo "chart.sh: neither helm nor go is here; install one of them" >&2; exit 1; }
  echo "installing helm with go (some minutes) …" >&2
  GOBIN="$PWD/.cache/bin" go install helm.sh/helm/v3/cmd/helm@latest
fi

variant=
fail() { echo "chart.sh: $variant: $*" >&2; exit 1; }
# render WHAT OPTION…: what the chart makes of these values, for the two below.
render() {
  variant=$1
  shift
  rendered=$("$helm" template berth deploy/chart "$@")
}
has() { grep -q -e "$1" <<<"$rendered" || fail "$1 is missing"; }
lacks() { ! grep -q -e "$1" <<<"$rendered" || fail "$1 does not belong there"; }

"$helm" lint --strict deploy/chart

render 'as it is'
has --etcd-cacert=
lacks --etcd-cert=
lacks --etcd-key=

render 'with a client certificate' --set etcd.clientCert=true
has --etcd-cacert=
has --etcd-cert=
has --etcd-key=

render 'without TLS' --set serviceMonitor.enabled=true --set etcd.tlsSecret= --set etcd.credentialsSecret=berth-etcd \
  --set 'only={placement,ippool}' --set replicas=1
lacks --etcd-cacert=
has --etcd-credentials=
has 'kind: ServiceMonitor'

render 'with files of the user' --set 'extraVolumes[0].name=ssh' --set 'extraVolumes[0].secret.secretName=berth-ssh' \
  --set 'extraVolumeMounts[0].name=ssh' --set 'extraVolumeMounts[0].mountPath=/etc/berth/ssh'
has 'secretName: berth-ssh'
has 'mountPath: /etc/berth/ssh'

if "$helm" template berth deploy/chart --set etcd.tlsSecret= --set etcd.clientCert=true >/dev/null 2>&1; then
  variant='a client certificate without a Secret' && fail 'it should be refused'
fi
echo "the chart is fine"
