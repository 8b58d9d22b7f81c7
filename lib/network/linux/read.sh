# shellcheck shell=sh
# Tells what is there of berth's. Changes nothing. Variables: `netns`, the directory of named namespaces; `runs`, that of
# the installations' notes.

veths | sed -n 's/^\(cali[^ ]*\) .*/interface \1/p' || exit 1

# An address without the way out of its namespace is as good as none.
bound_namespaces | sort -u | while read -r name; do
  printf 'route show default\naddr show scope global\n' | nsenter --net="${netns:?}/$name" ip -o -batch - | awk -v name="$name" '
    $1 == "default" { out = 1 }
    $3 == "inet" || $3 == "inet6" { sub(/\/.*/, "", $4); found[$3] = found[$3] " " $4 }
    END { print "namespace " name (out ? found["inet"] : "") found["inet6"] }'
done

for directory in "${runs:?}"/*; do
  [ -e "$directory/fingerprint" ] || continue
  installation=${directory##*/}
  listened_ports "$directory/ports" | sed "s/^/taken $installation /"
  [ "$(fingerprint "$installation" "$directory")" = "$(cat "$directory/fingerprint")" ] && echo "intact $installation"
done
echo 'done'
