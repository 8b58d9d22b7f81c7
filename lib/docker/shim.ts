/**
 * The runtime shim (engineering.md §9): an OCI runtime of a few lines in front of runc. A container that berth makes has
 * no namespace of its own from the engine; at `create`, which also every restart goes through, by policy, by
 * `docker restart` or after the engine itself was restarted, the shim has it join /run/netns/berth-<id>, or refuses.
 */

import { NETNS_DIRECTORY } from '../network/linux/index.ts';

/** Where the shim is put on a host. */
export const SHIM_PATH = '/usr/local/lib/berth/berth-runtime';

/** The name under which the engine's daemon.json registers it: `{"runtimes": {"berth": {"path": SHIM_PATH}}}`. */
export const SHIM_RUNTIME = 'berth';

/** The shim as it is written to the host. POSIX shell; needs grep and sed, and runc in the engine's path. */
export const shimScript = String.raw`#!/bin/sh
# OCI runtime of berth's containers: runc, in a network namespace that exists before the container.
# Written by berth, and again whenever it differs.
verb= bundle=. log= previous=
for word; do
  case $previous in
    --bundle | -b) bundle=$word ;;
    --log) log=$word ;;
  esac
  case $word in
    --bundle=*) bundle=${'$'}{word#*=} ;;
    --log=*) log=${'$'}{word#*=} ;;
    create | run | restore) verb=$word ;;
  esac
  previous=$word
done

refuse() {
  echo "berth-runtime: $1" >&2
  # Where the engine looks for the reason that it tells its user.
  [ -z "$log" ] || printf '{"level":"error","msg":"%s"}\n' "$1" >>"$log"
  exit 1
}

if [ -n "$verb" ]; then
  # The id is the last word. A name that is bound to no namespace is what a reboot leaves: runc must not make do with it.
  name=berth-$(printf %.12s "$previous")
  path=${NETNS_DIRECTORY}/$name
  grep -q "/run/netns/$name .* - nsfs " /proc/self/mountinfo || refuse "the network namespace $name does not exist"
  config=$bundle/config.json
  sed "s#{\"type\":\"network\"[^}]*}#{\"type\":\"network\",\"path\":\"$path\"}#" "$config" >"$config.berth" ||
    refuse "cannot rewrite $config"
  grep -q "\"path\":\"$path\"" "$config.berth" || refuse "the bundle of $name asks for no network namespace"
  mv "$config.berth" "$config" || refuse "cannot rewrite $config"
fi
exec runc "$@"
`;
