#!/bin/sh
# BIND as the primary of some zones that one key may change.
#   ZONES   names of the zones, separated by blanks
#   KEY     a file with a key clause as tsig-keygen prints it, of the name berth-key; or
#   SECRET  the key's secret in base64
set -eu
cd /var/cache/bind
if [ -n "${KEY:-}" ]; then
  cp "$KEY" key.conf
else
  printf 'key "berth-key" { algorithm hmac-sha256; secret "%s"; };\n' "$SECRET" >key.conf
fi
{
  cat key.conf
  cat <<'CONF'
options {
  directory "/var/cache/bind";
  listen-on { any; };
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
};
controls { };
CONF
  for zone in $ZONES; do
    # shellcheck disable=SC2016  # $TTL is a word of zone files
    [ -e "$zone.zone" ] ||
      printf '$TTL 5\n@ IN SOA ns.%s. hostmaster.%s. 1 60 60 3600 5\n@ IN NS ns.%s.\nns IN A 127.0.0.1\n' "$zone" "$zone" "$zone" >"$zone.zone"
    printf 'zone "%s" { type primary; file "%s.zone"; allow-update { key berth-key; }; allow-transfer { key berth-key; }; };\n' "$zone" "$zone"
  done
} >named.conf
exec named -g -c /var/cache/bind/named.conf
