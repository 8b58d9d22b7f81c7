# shellcheck shell=sh
# What is the same in every batch of the provider cni. Attachments are noted on disk before a plugin is asked to make
# them, with the configuration that they are made by, so that they can be taken back by the same after a crash or a reboot:
#
#     <state>/cni/<uid>~<interface>/  namespace, args, 1.type, 1.conf, 2.type, 2.conf, …, result
#
# `result` is what the last plugin answered; without one the attachment is not whole. What is noted and not wanted is taken
# back first. One that is wanted and not whole, or whose interface is gone, is taken back and made again: a plugin asked to
# add what it has already answers as if it had made it (calico.md §0.4).

: "${netns:?}" "${run:?}" "${state:?}" "${cni_path:?}" "${wanted_namespaces=}" "${wanted_attachments=}" "${mounted=}"
notes=$state/cni
mkdir -p "$netns" "$run/netns" "$notes" || die 'cannot make directories'

find_plugin() {
  rest=$cni_path:
  while [ -n "$rest" ]; do
    folder=${rest%%:*} rest=${rest#*:}
    if [ -x "$folder/$1" ]; then printf '%s' "$folder/$1"; return 0; fi
  done
  return 1
}
# command, note, number, previous result: one plugin, asked as the specification has it. Answers on standard output.
invoke() {
  read -r type <"$2/$3.type" || return 1
  program=$(find_plugin "$type") || { echo "no plugin $type in $cni_path"; return 1; }
  conf=$(cat "$2/$3.conf")
  [ -z "$4" ] || conf="${conf%\}},\"prevResult\":$4}"
  read -r space <"$2/namespace"
  path=
  # After a reboot there is nothing, or an empty file, which plugins take for a broken namespace.
  has "$mounted" "$space" && path=$netns/$space
  name=${2##*/}
  printf '%s' "$conf" | CNI_COMMAND=$1 CNI_CONTAINERID=${name%%~*} CNI_NETNS=$path CNI_IFNAME=${name##*~} \
    CNI_ARGS=$(cat "$2/args") CNI_PATH=$cni_path "$program" 2>"$2/stderr" || { [ -s "$2/stderr" ] && cat "$2/stderr"; return 1; }
}
# Takes back what a note says, in reverse; the note stays while a plugin refuses.
detach() {
  kept=
  result=$(cat "$1/result" 2>/dev/null)
  count=0
  while [ -e "$1/$((count + 1)).conf" ]; do count=$((count + 1)); done
  while [ "$count" -gt 0 ]; do
    said=$(invoke DEL "$1" "$count" "$result") || kept="DEL: $said"
    count=$((count - 1))
  done
  [ -n "$kept" ] || rm -rf "$1"
  [ -z "$kept" ]
}

mount_namespace() {
  ns=$2
  : >>"$run/netns/$2" || die 'cannot note a namespace'
  if has "$mounted" "$2"; then
    [ -n "$3" ] && [ "net:[$(stat -Lc %i "$netns/$2")]" != "$(readlink "/proc/$3/ns/net")" ] || return
    ip netns del "$2" 2>/dev/null
  fi
  rm -f "$netns/$2"
  if [ -z "$3" ]; then ip netns add "$2" 2>/dev/null
  elif [ "$(readlink "/proc/$3/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then
    : # A process in the host's own namespace: nothing of ours may be put there. Its absence is told below.
  else ip netns attach "$2" "$3" 2>/dev/null
  fi
}
mount_interface() { :; }
mount_refused() { :; }

attach_namespace() {
  uid=$1 ns=$2 problem=
  has "$mounted" "$ns" || { problem="cannot make the namespace $ns"; fail "$uid" "$problem"; }
  [ -n "$problem" ] || nsenter --net="$netns/$ns" ip link set lo up
}
attach_refused() { [ -n "$problem" ] || fail "$uid" "$1"; problem=refused; }
# interface, arguments of CNI_ARGS, then type and configuration of each plugin
attach_interface() {
  [ -z "$problem" ] || return
  interface=$1 note=$notes/$uid~$1 args=$2
  whole "$note" "$interface" && [ "$space" = "$ns" ] && return
  shift 2
  # What an earlier attempt made, or one before a reboot, by its own configuration.
  if [ -e "$note" ] && ! detach "$note"; then
    problem=$kept
    fail "$uid" "$problem"
    return
  fi
  mkdir -p "$note" || die 'cannot note an attachment'
  { echo "$ns" >"$note/namespace" && printf '%s' "$args" >"$note/args"; } || die 'cannot note an attachment'
  count=0
  while [ $# -gt 0 ]; do
    count=$((count + 1))
    { echo "$1" >"$note/$count.type" && printf '%s' "$2" >"$note/$count.conf"; } || die 'cannot note an attachment'
    shift 2
  done
  # On disk before what they speak of is.
  sync "$note" "$note"/*
  total=$count count=0 previous=
  while [ "$count" -lt "$total" ]; do
    count=$((count + 1))
    if previous=$(invoke ADD "$note" "$count" "$previous"); then continue; fi
    problem="plugin $(cat "$note/$count.type"): $previous"
    detach "$note"
    fail "$uid" "$problem"
    return
  done
  { printf '%s' "$previous" >"$note/result.new" && mv "$note/result.new" "$note/result"; } || die 'cannot note a result'
  whole "$note" "$interface" || { problem="the plugins made no interface $interface"; fail "$uid" "$problem"; }
}

list_mounts
for note in "$notes"/*; do
  name=${note##*/}
  if [ ! -e "$note" ] || has "$wanted_attachments" "$name"; then continue; fi
  # Told of its namespace: the uid is nobody's any more, and while the plugin refuses nothing of it is free.
  read -r space <"$note/namespace" || space=$name
  detach "$note" || fail "$space" "$kept"
done
for file in "$run"/netns/*; do
  name=${file##*/}
  if [ ! -e "$file" ] || has "$wanted_namespaces" "$name"; then continue; fi
  ip netns del "$name" 2>/dev/null
  { rm -f "$netns/$name" && rm -f "$file"; } || fail "$name" 'cannot remove the namespace'
done
attachments mount
list_mounts
attachments attach
rmdir "$notes" "$run/netns" "$run" 2>/dev/null
echo 'done'
