/**
 * What is the same in every batch. The order matters: the lock and the fence first; then what has to go, so that its
 * addresses are free; namespaces, then links into them, then rules, then the inside; a container starts only after all of
 * it. Every step looks at what is there and does only what is missing, so that a batch cut off anywhere is simply run again.
 *
 * Ownership is written down before a thing is made: namespaces as files and routes as lines below /run, which a
 * reboot empties as it removes the things themselves; interfaces by an alias.
 *
 * Exit codes: 0 done (with `failed` lines for single attachments), those of the fence, anything else a command that all
 * depend on failed.
 */

import { RAISE_FENCE } from '../../fence/index.ts';

export const APPLY = String.raw`
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
nl='
'
has() { case "$nl$1$nl" in *"$nl$2$nl"*) return 0 ;; esac; return 1; }
die() { echo "$*" >&2; exit 1; }
one_line() { printf '%s' "$1" | tr '\n' ' '; }
fail() { printf 'failed %s %s\n' "$1" "$(one_line "$2")"; }

${RAISE_FENCE}
mkdir -p "$netns" || die 'cannot make directories'

batch=
add() { batch=$batch$*$nl; }
errors=
# Runs what was collected; the errors are told by whoever finds its thing missing.
flush() {
  [ -z "$batch" ] || errors=$errors$(printf '%s' "$batch" | ip -force -batch - 2>&1 >/dev/null)
  batch=
}

# name, namespace of the other end, alias, up or down: of every veth here.
list_links() {
  links=$(ip -o link show type veth | awk '{
    name = $2; sub(/[@:].*/, "", name); peer = alias = "-"
    for (i = 3; i < NF; i++) { if ($i == "link-netns") peer = $(i + 1); if ($i == "alias") alias = $(i + 1) }
    sub(/\\$/, "", peer); sub(/\\$/, "", alias)
    print name, peer, alias, ($3 ~ /[<,]UP[,>]/ ? "up" : "down")
  }') || die 'cannot list interfaces'
}
# Names that are bound to a namespace; after a reboot they are empty files, which do not count.
list_mounts() {
  mounted=$(sed -n 's#^[^ ]* [^ ]* [^ ]* [^ ]* \(/var\)\{0,1\}/run/netns/\(berth-[^ ]*\) .* - nsfs .*#\2#p' /proc/self/mountinfo)
}

remove_stale() {
  list_links
  while read -r name _ alias _; do
    [ "$alias" = "$label" ] && ! has "$wanted_interfaces" "$name" && add "link del $name"
  done <<LINKS
$links
LINKS
  stale=
  for file in "$run"/netns/*; do
    name=${'$'}{file##*/}
    [ -e "$file" ] && ! has "$wanted_namespaces" "$name" || continue
    stale="$stale $name"
    add "netns del $name"
  done
  flush
  # An empty file that a reboot left is no namespace, and has to go all the same.
  for name in $stale; do
    rm -f "$netns/$name" && rm -f "$run/netns/$name" || fail "$name" 'cannot remove the namespace'
  done
}

mount_namespace() {
  : >>"$run/netns/$2" || die 'cannot note a namespace'
  if has "$mounted" "$2"; then
    [ -n "$3" ] && [ "net:[$(stat -Lc %i "$netns/$2")]" != "$(readlink "/proc/$3/ns/net")" ] || return
    ip netns del "$2" 2>/dev/null
  fi
  rm -f "$netns/$2"
  if [ -z "$3" ]; then add "netns add $2"
  elif [ "$(readlink "/proc/$3/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then
    : # A process in the host's own namespace: nothing of ours may be put there. Its absence is told below.
  else ip netns attach "$2" "$3" 2>/dev/null
  fi
}
mount_interface() { :; }
mount_end() { :; }

link_namespace() { ns=$2; }
# name, on the host, address, mac, mtu, which one, subnets
link_interface() {
  has "$mounted" "$ns" || return
  if ! has "$links" "$2 $ns $label up"; then
    case "$nl$links" in *"$nl$2 "*) add "link del $2" ;; esac
    nsenter --net="$netns/$ns" ip link del "$1" 2>/dev/null
    mtu=
    [ -z "$5" ] || mtu=" mtu $5"
    add "link add $2 address $gateway_mac$mtu type veth peer name $1 address $4$mtu netns $ns"
    add "link set $2 up alias $label"
  fi
  case "$nl$routes" in *"$nl$3 dev $2 "*) has "$links" "$2 $ns $label up" && return ;; esac
  add "route replace $3/32 dev $2 scope link"
}
link_end() { :; }

# Between hosts.
link_routes() {
  known=$(cat "$run/routes" 2>/dev/null)
  printf '%s\n' "$known" "$wanted_routes" >"$run/routes.new" && mv "$run/routes.new" "$run/routes" || die 'cannot note routes'
  while read -r route; do
    [ -n "$route" ] && ! has "$wanted_routes" "$route" && add "route del $route"
  done <<KNOWN
$known
KNOWN
  while read -r route; do
    case "$nl$routes" in *"$nl$route "*) continue ;; esac
    [ -n "$route" ] && add "route replace $route"
  done <<WANTED
$wanted_routes
WANTED
}

inside_namespace() {
  uid=$1 ns=$2 inner="link set lo up$nl" ruled= problem=
  has "$mounted" "$ns" || problem="cannot make the namespace $ns: $errors"
}
inside_interface() {
  conf=/proc/sys/net/ipv4/conf/$2
  [ -z "$problem" ] || return
  if [ ! -d "$conf" ]; then problem="cannot make the interface $2: $errors"; return; fi
  { echo 1 >"$conf/proxy_arp" && echo 1 >"$conf/rp_filter" && echo 1 >"$conf/route_localnet" &&
    echo 0 >"/proc/sys/net/ipv4/neigh/$2/proxy_delay"; } 2>/dev/null || problem="cannot set up $2"
  inner="$inner""addr replace $3/32 dev $1
link set $1 up
neigh replace $gateway lladdr $gateway_mac nud permanent dev $1
"
  if [ "$6" = 0 ]; then
    inner="$inner""route replace $gateway/32 dev $1 scope link
route replace default via $gateway dev $1
"
    return
  fi
  # Further interfaces answer the way they were asked, by a routing table of their own.
  number=$((100 + $6)) dev=$1 source=$3
  shift 6
  inner="$inner""route replace $gateway/32 dev $dev scope link table $number
route replace default via $gateway dev $dev table $number
"
  for subnet; do inner="$inner""route replace $subnet via $gateway dev $dev onlink src $source$nl"; done
  ruled="$ruled""rule del from $source lookup $number
rule add from $source lookup $number
"
}
inside_end() {
  if [ -z "$problem" ]; then
    problem=$(nsenter --net="$netns/$ns" ip -batch - 2>&1 >/dev/null <<INNER
$inner
INNER
)
    [ -z "$ruled" ] || printf '%s' "$ruled" | nsenter --net="$netns/$ns" ip -force -batch - >/dev/null 2>&1
  fi
  [ -z "$problem" ] || fail "$uid" "$problem"
}

apply_rules() {
  if [ -z "$rules" ]; then
    rm -f "$run/rules.nft"
    nft delete table inet "$table" 2>/dev/null
    return 0
  fi
  [ "$rules" = "$(cat "$run/rules.nft" 2>/dev/null)$nl" ] && nft list table inet "$table" >/dev/null 2>&1 && return
  rm -f "$run/rules.nft"
  printf '%s' "$rules" | nft -f - && printf '%s' "$rules" >"$run/rules.nft"
}

# Docker sets the policy of FORWARD to DROP, which no table of ours can overrule.
accept_forwarding() {
  command -v iptables >/dev/null || return
  into= from=
  while read -r line; do
    case $line in
    *' -i cali+ '*"$label"*) from=1 ;;
    *' -o cali+ '*"$label"*) into=1 ;;
    esac
  done <<FORWARD
$(iptables -w -S FORWARD 2>/dev/null)
FORWARD
  if [ -n "$wanted_interfaces" ]; then
    [ -n "$from" ] || iptables -w -I FORWARD -i cali+ -m comment --comment "$label" -j ACCEPT || return
    [ -n "$into" ] || iptables -w -I FORWARD -o cali+ -m comment --comment "$label" -j ACCEPT || return
  else
    [ -z "$from" ] || iptables -w -D FORWARD -i cali+ -m comment --comment "$label" -j ACCEPT
    [ -z "$into" ] || iptables -w -D FORWARD -o cali+ -m comment --comment "$label" -j ACCEPT
  fi
}

mkdir -p "$run/netns" || die 'cannot make directories'
remove_stale
list_mounts
attachments mount
flush
list_mounts
list_links
routes=$(ip -o -4 route show | sed 's/$/ /')
attachments link
link_routes
flush
apply_rules || die 'nft refuses the rules'
accept_forwarding || fail - 'iptables refuses to let our interfaces forward'
if [ -n "$wanted_interfaces" ]; then echo 1 >/proc/sys/net/ipv4/ip_forward || die 'cannot switch on forwarding'; fi
attachments inside
routes=$(ip -o -4 route show | sed 's/$/ /')
while read -r route; do
  [ -z "$route" ] && continue
  case "$nl$routes" in *"$nl$route "*) ;; *) fail - "no route to $route: $errors" ;; esac
done <<WANTED
$wanted_routes
WANTED
if [ -n "$wanted_namespaces$wanted_routes" ]; then printf '%s\n' "$wanted_routes" >"$run/routes"
else rm -f "$run/routes"; rmdir "$run/netns" "$run" 2>/dev/null
fi
echo done
`;

export const READ = String.raw`
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
ip -o link show type veth | sed -n 's/^[0-9]*: \(cali[^@:]*\)[@:].*/interface \1/p' || exit 1
sed -n 's#^[^ ]* [^ ]* [^ ]* [^ ]* \(/var\)\{0,1\}/run/netns/\(berth-[^ ]*\) .* - nsfs .*#\2#p' /proc/self/mountinfo | sort -u |
while read -r name; do
  echo namespace "$name" $(nsenter --net="$netns/$name" ip -o -4 addr show scope global | awk '{ sub(/\/.*/, "", $4); print $4 }')
done
echo done
`;
