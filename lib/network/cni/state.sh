# shellcheck shell=sh
# What both scripts know. Variables: `netns`, the directory of named namespaces.

set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
nl='
'
has() { case "$nl$1$nl" in *"$nl$2$nl"*) return 0 ;; esac; return 1; }
die() { echo "$*" >&2; exit 1; }
one_line() { printf '%s' "$1" | tr '\n\t' '  ' | cut -c 1-600; }
fail() { printf 'failed %s %s\n' "$1" "$(one_line "$2")"; }
list_mounts() {
  mounted=$(sed -n 's#^[^ ]* [^ ]* [^ ]* [^ ]* \(/var\)\{0,1\}/run/netns/\(berth-[^ ]*\) .* - nsfs .*#\2#p' /proc/self/mountinfo)
}
# Whether an attachment is whole: noted with a result, and its interface there.
whole() {
  [ -s "$1/result" ] || return 1
  read -r space <"$1/namespace" || return 1
  has "$mounted" "$space" && nsenter --net="${netns:?}/$space" ip link show dev "$2" >/dev/null 2>&1
}
