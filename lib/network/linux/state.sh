# shellcheck shell=sh
# What both scripts know how to look at. Sourced in front of them.

export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# shellcheck disable=SC2034 # for what follows
nl='
'

# Names that are bound to a namespace; after a reboot they are empty files, which do not count.
bound_namespaces() {
  sed -n 's#^[^ ]* [^ ]* [^ ]* [^ ]* \(/var\)\{0,1\}/run/netns/\(berth-[^ ]*\) .* - nsfs .*#\2#p' /proc/self/mountinfo
}

# name, namespace of the other end, alias, up or down, MTU: of every veth here.
veths() {
  ip -o link show type veth | awk '{
    name = $2; sub(/[@:].*/, "", name); peer = alias = "-"; mtu = 0
    for (i = 3; i < NF; i++) {
      if ($i == "link-netns") peer = $(i + 1)
      if ($i == "alias") alias = $(i + 1)
      if ($i == "mtu") mtu = $(i + 1)
    }
    sub(/\\$/, "", peer); sub(/\\$/, "", alias)
    print name, peer, alias, ($3 ~ /[<,]UP[,>]/ ? "up" : "down"), mtu
  }'
}

all_routes() {
  { ip -o -4 route show && ip -o -6 route show; } | sed 's/ linkdown//; s/$/ /'
}

# Rules of the Docker-style FORWARD chains that carry a label, of both families.
forwarding_rules() {
  for tables in iptables ip6tables; do
    command -v $tables >/dev/null && $tables -w -S FORWARD 2>/dev/null | grep -F "\"$1\"" | sed "s/^/$tables /"
  done
}

# Of the ports in the file, `tcp 80` a line, those that some program on this host listens on.
listened_ports() {
  [ -s "$1" ] || return 0
  ss -Hlntu | awk 'NR == FNR { wanted[$0] = 1; next } { port = $5; sub(/.*:/, "", port); if (($1 " " port) in wanted) print $1, port }' "$1" - | sort -u
}

rules_fingerprint() {
  { nft -s list table inet "$1" && nft -s list table arp "$1"; } 2>&1 | sha256sum
}

# All that the last batch of an installation ($1, its notes in $2) left outside of namespaces, as two hashes: what was lost
# or changed since makes them others.
fingerprint() {
  rules_fingerprint "berth-$(printf %.8s "$1")"
  {
    ours=$(veths | grep -F " berth:$1 ")
    printf '%s\n' "$ours"
    patterns=$(printf '%s\n' "$ours" | sed -n 's/^\([^ ][^ ]*\) .*/ dev \1 /p' && cat "$2/routes")
    all_routes | grep -v '^fe80::' | grep -F "$patterns"
    forwarding_rules "berth:$1"
    cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
    listened_ports "$2/ports"
  } 2>&1 | sha256sum
}
