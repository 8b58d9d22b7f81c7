# shellcheck shell=sh
# The inside of a namespace, once its links are there: addresses, next hops, routes. The first interface of a family is the
# way out; further ones answer the way they were asked, by a routing table of their own (100 and which one they are), and
# lead to their networks by routes of `protocol`. Comes before `apply.sh`, and goes by its variables and functions.
: "${nl:?}" "${netns:?}" "${gateway_mac:?}" "${mounted=}" "${host_mtu=}" "${errors=}"

inside_namespace() {
  uid=$1 ns=$2 inner="link set lo up$nl" inner6='' problem='' sources4='' sources6='' ways4='' ways6='' without6='' out4='' out6=''
  has "$mounted" "$ns" || problem="cannot make the namespace $ns: $errors"
}
inside_interface() {
  [ -z "$problem" ] || return
  name=$1 device=$2 mtu=${4:-$host_mtu} table_number=$((100 + $5)) address4=$6 address6=$7 gateway4=$8 gateway6=$9
  shift 9
  if [ ! -d "/proc/sys/net/ipv4/conf/$device" ]; then problem="cannot make the interface $device: $errors"; return; fi
  inner="${inner}link set $name mtu $mtu up$nl"
  if [ -n "$address4" ]; then
    family=4
    switch "ipv4/conf/$device" proxy_arp 1 rp_filter 1 route_localnet 1 && switch "ipv4/neigh/$device" proxy_delay 0
    put "addr replace $address4/32 dev $name"
    put "neigh replace $gateway4 lladdr $gateway_mac nud permanent dev $name"
    inside_routes "$address4" "$gateway4" "$out4" "$@"
    out4=1
  fi
  if [ -n "$address6" ]; then
    family=6
    # shellcheck disable=SC2016 # for the inner shell
    { six_on "$device" && nsenter --net="$netns/$ns" sh -c 'for each in all lo "$1"; do echo 0 >"/proc/sys/net/ipv6/conf/$each/disable_ipv6" || exit; done' - "$name" 2>/dev/null; } ||
      { without6="the host has IPv6 disabled: $name cannot have $address6"; return; }
    switch "ipv6/conf/$device" proxy_ndp 1 accept_ra 0 accept_redirects 0
    put "addr replace $address6/128 dev $name nodad"
    put "neigh replace $gateway6 lladdr $gateway_mac nud permanent dev $name"
    inside_routes "$address6" "$gateway6" "$out6" "$@"
    out6=1
  fi
}
# A line for the inside: the families are apart, so that neither waits for the other.
put() { if [ "$family" = 4 ]; then inner=$inner$1$nl; else inner6=$inner6$1$nl; fi; }
# Of routes that `subnets` ask for, by which those are known that nobody asks for any more.
protocol=98
# source, next hop, whether another interface is the way out already, subnets of both families
inside_routes() {
  source=$1 next=$2
  if [ -z "$3" ]; then
    on_link "$next" ''
    put "route replace default via $next dev $name"
    return
  fi
  on_link "$next" " table $table_number"
  put "route replace default via $next dev $name table $table_number"
  shift 3
  for subnet; do
    case $family$subnet in 4*:* | 6*.*) continue ;; esac
    put "route replace $subnet via $next dev $name onlink src $source proto $protocol"
    # A single address is listed without its prefix length.
    if [ "$family" = 4 ]; then ways4="$ways4${subnet%/32} dev $name$nl"; else ways6="$ways6${subnet%/128} dev $name$nl"; fi
  done
  if [ "$family" = 4 ]; then sources4="$sources4$source $table_number$nl"; else sources6="$sources6$source $table_number$nl"; fi
}
# family, sources and their tables, ways: rules that are missing are added, and routes that nobody asks for taken away.
answer_further() {
  [ -n "$2" ] || return
  there=$(printf 'rule show\nroute show proto %s\n' "$protocol" | nsenter --net="$netns/$ns" ip "-$1" -o -batch - 2>&1) ||
    { problem="${problem}cannot list rules and routes: $there"; return; }
  changes=$(printf '%s\n' "$there" | awk -v sources="$2" -v ways="$3" -v protocol="$protocol" '
    BEGIN {
      count = split(sources, list, "\n"); for (i = 1; i < count; i++) { split(list[i], words, " "); missing[words[1]] = words[2] }
      count = split(ways, list, "\n"); for (i = 1; i < count; i++) wanted[list[i]] = 1
    }
    $1 ~ /^[0-9]+:$/ { if ($2 == "from") delete missing[$3]; next }
    { for (i = 2; i < NF; i++) if ($i == "dev" && !(($1 " dev " $(i + 1)) in wanted)) print "route del " $1 " dev " $(i + 1) " proto " protocol }
    END { for (source in missing) print "rule add from " source " lookup " missing[source] }')
  [ -z "$changes" ] || problem=$problem$(configure "$changes$nl" "$1")
}
on_link() {
  case $1 in
  fe80:*) ;; # Link-local: on every link as it is.
  *:*) put "route replace $1/128 dev $name$2" ;;
  *) put "route replace $1/32 dev $name scope link$2" ;;
  esac
}
# Writes the switches of a directory below /proc/sys/net.
switch() {
  directory=/proc/sys/net/$1
  shift
  while [ $# -gt 0 ]; do
    echo "$2" 2>/dev/null >"$directory/$1" || problem="cannot set $directory/$1"
    shift 2
  done
}
# What to do in the namespace, family: rules are of IPv4 where nobody says otherwise.
# shellcheck disable=SC2069 # what it says on the wrong side alone
configure() { printf '%s' "$1" | nsenter --net="$netns/$ns" ip "-$2" -batch - 2>&1 >/dev/null; }
inside_end() {
  if [ -z "$problem" ]; then
    problem=$(configure "$inner" 4)$without6
    [ -z "$inner6" ] || problem=$problem$(configure "$inner6" 6)
    answer_further 4 "$sources4" "$ways4"
    answer_further 6 "$sources6" "$ways6"
  fi
  [ -z "$problem" ] || fail "$uid" "$problem"
}
