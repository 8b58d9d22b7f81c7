# shellcheck shell=sh
# Tells which namespaces are there, what their interfaces were given, and of which installations nothing is missing.

: "${netns:?}" "${mounted=}"
list_mounts
printf '%s\n' "$mounted" | sort -u | while read -r name; do
  [ -n "$name" ] || continue
  echo namespace "$name"
  nsenter --net="$netns/$name" ip -o addr show scope global |
    awk -v name="$name" '{ sub(/@.*/, "", $2); sub(/\/.*/, "", $4); print "address", name, $2, $4 }'
done
for notes in /var/lib/berth/*/cni; do
  [ -d "$notes" ] || continue
  intact=1
  for note in "$notes"/*; do
    [ -e "$note" ] || continue
    name=${note##*/}
    whole "$note" "${name##*~}" || intact=
  done
  folder=${notes%/cni}
  [ -z "$intact" ] || echo intact "${folder##*/}"
done
echo 'done'
