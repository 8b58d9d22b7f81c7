#!/bin/bash
# demo.sh up|down: the talk's Application Blueprint 1 on three real machines, with an etcd and a berth of its own; and
# everything away again. State lives in .cache/demo.
set -euo pipefail
cd "$(dirname "$0")/.."

state=$PWD/.cache/demo
endpoint=127.0.0.1:2379
http=127.0.0.1:7070
prefix=/berth/v1
export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://$endpoint
# An identity of the demo’s own, with the token beside it, never those of this user.
export BERTH_IDENTITY=$state/identity

say() { printf '\033[1m%s\033[0m\n' "$*"; }
fail() { echo "demo: $*" >&2; exit 1; }
elapsed() { echo $(($(date +%s) - began)); }
berth() { bin/berth.mjs "$@"; }
# get KIND ID: the record, nothing when there is none.
get() { etcdctl get --print-value-only "$prefix/$1/$2" 2>/dev/null; }
running() { [ -e "$state/pid" ] && [ -e "/proc/$(cat "$state/pid")" ] && grep -q berth "/proc/$(cat "$state/pid")/cmdline"; }

start_berth() {
  running && return
  mkdir -p "$state"
  nohup setsid bin/berth.mjs up --data-dir "$state/etcd" --etcd-listen "$endpoint" --http "$http" \
    >"$state/berth.log" 2>&1 </dev/null &
  echo $! >"$state/pid"
  for _ in $(seq 300); do
    curl --silent --fail --output /dev/null "http://$http/readyz" && return
    running || { tail -5 "$state/berth.log" >&2; fail "berth did not start; its log is .cache/demo/berth.log"; }
    sleep 0.1
  done
  fail "berth is not ready after 30 s; its log is .cache/demo/berth.log"
}

# count KIND PATTERN: how many records of a kind say what, nothing when there are none yet.
count() {
  { etcdctl get --prefix --print-value-only "$prefix/$1/" | grep -o "$2" || true; } | cut -d'"' -f4 | sort | uniq -c | tr -s ' \n' ' '
}

# What there is, in one line: hosts by phase, containers by state.
progress() {
  printf '  %3d s  hosts: %s   containers: %s\n' "$(elapsed)" \
    "$(count hosts '"phase":"[A-Za-z]*"')" "$(count observed '"state":"[a-z]*"')"
}

up() {
  began=$(date +%s)
  say "etcd and the controllers"
  start_berth
  # The first replica that has read the records and leads something writes it down.
  local installation='' i
  for ((i = 0; i < 150; i++)); do
    installation=$(etcdctl get --print-value-only "$prefix/installation" | grep -o '"id":"[a-z0-9]*"' | cut -d'"' -f4) && break
    sleep 0.2
  done
  [ -n "$installation" ] || fail "berth has not said which installation this is"
  echo "$installation" >"$state/installation"
  say "a Docker cloud of three machines (examples/dockercloud-sandbox.yaml), and Application Blueprint 1 of the talk, as on its slide 29"
  etcdctl put "$prefix/dockerclouds/my-docker-cloud" <examples/dockercloud-sandbox.yaml >/dev/null
  etcdctl put "$prefix/applications/default/my-application" <examples/talk/slide-29-blueprint-1.yaml >/dev/null

  local last='' line url='' ok=''
  for _ in $(seq 300); do
    line=$(progress)
    [ "${line#*s  }" = "$last" ] || echo "$line"
    last=${line#*s  }
    if get status applications/default/my-application | grep -q '"phase":"Running"'; then
      url=$(get entities default/my-application/app-service | grep -o '"main.uri":"[^"]*"' | cut -d'"' -f4) || true
      if [ -n "$url" ] && curl --silent --fail --max-time 5 --output /dev/null "$url"; then
        ok=yes
        break
      fi
    fi
    running || { tail -5 "$state/berth.log" >&2; fail "berth ended; its log is .cache/demo/berth.log"; }
    sleep 1
  done
  if [ -z "$ok" ]; then
    berth describe application my-application >&2 || true
    [ -z "$url" ] || fail "$url does not answer after $(elapsed) s"
    fail "the application is not up after $(elapsed) s"
  fi

  say "up in $(elapsed) s: $url"
  cat <<TEXT

Try:
  curl '$url'                                    # the visit count rises with each call
  npx berth get containers                       # what runs where, with which address
  docker rm -f \$(docker ps -qf label=io.berth.machine | head -1)   # a machine dies; watch: npx berth get hosts -w

The command line finds the demo by these:
  export BERTH_IDENTITY=.cache/demo/identity ETCDCTL_API=3
\`make down\` removes all of it.
TEXT
}

down() {
  if running; then
    # In order: applications, clouds with their machines, then berth itself.
    etcdctl del --prefix "$prefix/applications/" >/dev/null 2>&1 || true
    etcdctl del --prefix "$prefix/dockerclouds/" >/dev/null 2>&1 || true
    for _ in $(seq 90); do
      [ -z "$(etcdctl get --prefix --keys-only "$prefix/accepted/" 2>/dev/null)" ] && break
      sleep 1
    done
    kill "$(cat "$state/pid")"
    for _ in $(seq 400); do
      running || break
      sleep 0.1
    done
  fi
  # Whatever is left of the demo's machines, found by the installation that it remembers.
  if [ -e "$state/installation" ] && docker version >/dev/null 2>&1; then
    docker ps --all --quiet --filter "label=io.berth.machine" --filter "label=io.berth.installation=$(cat "$state/installation")" |
      xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  fi
  rm -rf "$state"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  *) echo "usage: demo.sh up|down" >&2; exit 2 ;;
esac
