# shellcheck shell=sh
# Tells what is there of berth's. Changes nothing. Variables: `netns`, the directory of named namespaces; `runs` and `states`,
# those of the installations' notes and of what outlives a reboot.

veths | sed -n 's/^\(cali[^ ]*\) .*/interface \1/p' || exit 1

# An address without the way out of its namespace is as good as none. All tables: else `ip` shows IPv4 alone.
bound_namespaces | sort -u | while read -r name; do
  printf 'route show table all default\naddr show scope global\n' | nsenter --net="${netns:?}/$name" ip -o -batch - | awk -v name="$name" '
    $1 == "default" && !/ table / { if ($3 ~ /:/) out["inet6"] = 1; else out["inet"] = 1 }
    $3 == "inet" || $3 == "inet6" { sub(/\/.*/, "", $4); found[$3] = found[$3] " " $4 }
    END { print "namespace " name (out["inet"] ? found["inet"] : "") (out["inet6"] ? found["inet6"] : "") }'
done

for directory in "${runs:?}"/*; do
  [ -d "$directory/netns" ] || continue
  installation=${directory##*/}
  listened_ports "$directory/ports" | sed "s/^/taken $installation /"
  # Without it nothing can be locked: a redirection of `exec` that fails would end the whole look.
  [ -d "${states:?}/$installation" ] || continue
  # Not in the middle of a batch.
  exec 9>>"${states:?}/$installation/lock" && flock -s -w 30 9
  if [ -s "$directory/missing" ]; then sed "s/^/missing $installation /" "$directory/missing"
  elif [ "$(fingerprint "$installation" "$directory")" = "$(cat "$directory/fingerprint")" ]; then echo "intact $installation"
  fi
done
echo 'done'
