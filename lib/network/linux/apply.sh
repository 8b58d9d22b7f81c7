# shellcheck shell=sh
# What is the same in every batch. The order matters: the lock and the fence first, before this; then what has to go, so
# that its addresses are free; namespaces, then links into them, then rules, then the inside; a container starts only
# after all of it. Every step looks at what is there and does only what is missing, so that a batch cut off anywhere is
# simply run again.
#
# Ownership is written down before a thing is made: namespaces as files and routes as lines below /run, which a reboot
# empties as it removes the things themselves; interfaces by an alias.
#
# Variables that come before this: those below, and the function `attachments`, which calls `<step>_namespace`,
# `<step>_interface` and `<step>_end` for each attachment. Exit codes: 0 done (with `failed` lines for single
# attachments), anything else a command that all depend on failed.
set -u
: "${nl:?}" "${installation:?}" "${label:?}" "${table:?}" "${run:?}" "${netns:?}" "${gateway_mac:?}"
: "${wanted_namespaces?}" "${wanted_interfaces?}" "${wanted_routes?}" "${wanted_ports?}" "${families?}" "${rules?}"

has() { case "$nl$1$nl" in *"$nl$2$nl"*) return 0 ;; esac; return 1; }
die() { echo "$*" >&2; exit 1; }
# A line for each failure, of bounded length: who reads them keeps no more than 1 MiB.
one_line() { printf '%s' "$1" | tr '\n' ' ' | cut -c 1-600; }
# Told to who waits for the batch, and kept for who looks later.
missing=
fail() {
  missing=$missing$(one_line "$2")$nl
  printf 'failed %s %s\n' "$1" "$(one_line "$2")"
}

batch=
add() { batch=$batch$*$nl; }
errors=
# Runs what was collected; the errors are told by whoever finds its thing missing.
flush() {
  [ -n "$batch" ] || return 0
  said=$(printf '%s' "$batch" | ip -force -batch - 2>&1 >/dev/null)
  # 1 is a line that failed. More is a line at which `ip` ended, -force or not, as `ip neigh` does: those after it are
  # made one by one, and what is there already is made again.
  [ $? -lt 2 ] || said=$(printf '%s' "$batch" | while read -r line; do printf '%s\n' "$line" | ip -batch - 2>&1 >/dev/null; done)
  [ -z "$said" ] || errors=$(printf '%.2000s' "$errors$said")$nl
  batch=
}

list_links() { links=$(veths) || die 'cannot list interfaces'; }

remove_stale() {
  list_links
  while read -r name _ alias _; do
    [ "$alias" = "$label" ] && ! has "$wanted_interfaces" "$name" && add "link del $name"
  done <<LINKS
$links
LINKS
  stale=
  for file in "$run"/netns/*; do
    name=${file##*/}
    { [ -e "$file" ] && ! has "$wanted_namespaces" "$name"; } || continue
    stale="$stale $name"
    add "netns del $name"
  done
  flush
  # An empty file that a reboot left is no namespace, and has to go all the same.
  for name in $stale; do
    { rm -f "$netns/$name" && rm -f "$run/netns/$name"; } || fail "$name" 'cannot remove the namespace'
  done
}

# The smallest of the host's ways to the other hosts and out: bytes.
find_mtu() {
  devices=$({
    ip -o -4 route show default && ip -o -6 route show default
    printf '%s\n' "$wanted_routes" | sed -n 's/.* via \([^ ]*\)$/route get \1/p' | sort -u | ip -o -force -batch - 2>/dev/null
  } | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sort -u)
  host_mtu=$(ip -o link show | awk -v devices="$devices" '
    BEGIN { count = split(devices, list, "\n"); for (i = 1; i <= count; i++) wanted[list[i]] = 1; least = 0 }
    { name = $2; sub(/[@:].*/, "", name) }
    name != "lo" && name in wanted { for (i = 3; i < NF; i++) if ($i == "mtu" && (!least || $(i + 1) < least)) least = $(i + 1) }
    END { print least ? least : 1500 }')
}

mount_namespace() {
  : >>"$run/netns/$2" || die 'cannot note a namespace'
  if has "$mounted" "$2"; then
    { [ -n "$3" ] && [ "net:[$(stat -Lc %i "$netns/$2")]" != "$(readlink "/proc/$3/ns/net")" ]; } || return
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
# name, on the host, mac, mtu, which one, IPv4, IPv6, next hop of each, subnets
link_interface() {
  has "$mounted" "$ns" || return
  mtu=${4:-$host_mtu}
  made=
  case "$nl$links$nl" in
  *"$nl$2 $ns $label up $mtu$nl"*) made=1 ;;
  *"$nl$2 $ns $label up "*)
    made=1
    add "link set $2 mtu $mtu"
    ;;
  *"$nl$2 "*) add "link del $2" ;;
  esac
  if [ -z "$made" ]; then
    nsenter --net="$netns/$ns" ip link del "$1" 2>/dev/null
    add "link add $2 address $gateway_mac mtu $mtu type veth peer name $1 address $3 mtu $mtu netns $ns"
    add "link set $2 up alias $label"
    fresh=$fresh$2$nl
  fi
  [ -z "$6" ] || has_route "$6" "$2" || add "route replace $6/32 dev $2 scope link"
}
link_end() { :; }
fresh=
has_route() {
  has "$fresh" "$2" && return 1
  case "$nl$routes" in *"$nl$1 dev $2 "*) return 0 ;; esac
  return 1
}

# IPv6 on one interface, also where it is off by default, as in containers of Docker's. A host without it is no reason
# for anything else not to be made.
six_on() {
  [ "$(cat "/proc/sys/net/ipv6/conf/$1/disable_ipv6" 2>/dev/null)" = 0 ] ||
    { echo 0 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"; } 2>/dev/null
}
# Once the links are there.
six_namespace() { ns=$2; }
six_interface() {
  { [ -n "$7" ] && has "$mounted" "$ns" && six_on "$2"; } || return
  has_route "$7" "$2" && return
  add "route replace $7/128 dev $2"
  add "neigh replace $7 lladdr $3 nud permanent dev $2"
  case $9 in fe80:*) ;; *) add "neigh replace proxy $9 dev $2" ;; esac
}
six_end() { :; }

# Between hosts. What `route replace` makes is of protocol `boot`; the same of another is Felix's, or somebody else's.
link_routes() {
  case $wanted_routes in *:*' dev lo'*) six_on lo ;; esac
  known=$(cat "$run/routes" 2>/dev/null)
  { printf '%s\n' "$known" "$wanted_routes" | sed '/^$/d' | sort -u >"$run/routes.new" && mv "$run/routes.new" "$run/routes"; } || die 'cannot note routes'
  while read -r route; do
    [ -n "$route" ] && ! has "$wanted_routes" "$route" && add "route del $route proto boot"
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

# The whole ruleset in one transaction, with the ports that somebody else listens on taken out.
apply_rules() {
  if [ -z "$rules" ]; then
    rm -f "$run/rules.nft" "$run/ports"
    for family in inet arp; do nft delete table $family "$table" 2>/dev/null; done
    return 0
  fi
  printf '%s\n' "$wanted_ports" >"$run/ports" || return
  taken=$(listened_ports "$run/ports" | sed 's/ / . /' | tr '\n' ',')
  [ -z "$taken" ] || rules="${rules}add element inet $table taken { ${taken%,} }$nl"
  [ "$rules" = "$(cat "$run/rules.nft" 2>/dev/null)$nl" ] && [ "$(rules_fingerprint "$table")" = "$(sed -n 1p "$run/fingerprint")" ] && return
  rm -f "$run/rules.nft"
  printf '%s' "$rules" | nft -f - && printf '%s' "$rules" >"$run/rules.nft"
}

# Docker sets the policy of FORWARD to DROP, which no table of ours can overrule.
accept_forwarding() {
  present=$(forwarding_rules "$label")
  for tables in iptables ip6tables; do
    command -v $tables >/dev/null || continue
    for way in -i -o; do
      case $present in *"$tables -A FORWARD $way cali+ "*) there=1 ;; *) there= ;; esac
      case $families in *$tables*) wanted=1 ;; *) wanted= ;; esac
      [ "$there" != "$wanted" ] || continue
      $tables -w "$([ -n "$wanted" ] && echo -I || echo -D)" FORWARD $way cali+ -m comment --comment "$label" -j ACCEPT || return
    done
  done
}

forward_packets() {
  case $families in *iptables*)
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || echo 1 >/proc/sys/net/ipv4/ip_forward || die 'cannot switch on forwarding'
    ;;
  esac
  case $families in
  *ip6tables*)
    # Without IPv6 at all there is nothing to forward, and who asks for it is told.
    { [ -e /proc/sys/net/ipv6 ] && [ "$(cat /proc/sys/net/ipv6/conf/all/forwarding)" != 1 ]; } || return
    # A host that forwards would no longer listen to the routers from which it has its own way out.
    for accept in /proc/sys/net/ipv6/conf/*/accept_ra; do
      [ "$(cat "$accept")" != 1 ] || echo 2 >"$accept"
    done
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding || fail - 'cannot switch on forwarding of IPv6'
    ;;
  esac
}

mkdir -p "$netns" "$run/netns" || die 'cannot make directories'
remove_stale
mounted=$(bound_namespaces)
attachments mount
flush
mounted=$(bound_namespaces)
list_links
find_mtu
routes=$(all_routes)
attachments link
flush
attachments six
link_routes
flush
apply_rules || die 'nft refuses the rules'
accept_forwarding || fail - 'iptables refuses to let our interfaces forward'
forward_packets
attachments inside
[ -z "$wanted_routes" ] || routes=$(all_routes)
while read -r route; do
  [ -z "$route" ] && continue
  case "$nl$routes" in *"$nl$route "*) ;; *) fail - "no route to $route: $errors" ;; esac
done <<WANTED
$wanted_routes
WANTED
if [ -n "$wanted_namespaces$wanted_routes" ]; then
  printf '%s\n' "$wanted_routes" | sed '/^$/d' >"$run/routes"
  printf '%s' "$missing" >"$run/missing"
  # Nobody waits for what only a later look compares; who looks waits for the lock, which this keeps.
  { fingerprint "$installation" "$run" >"$run/fingerprint.new" && mv "$run/fingerprint.new" "$run/fingerprint"; } </dev/null >/dev/null 2>&1 &
else
  rm -f "$run/routes" "$run/missing" "$run/fingerprint"
  rmdir "$run/netns" "$run" 2>/dev/null
fi
echo 'done'
