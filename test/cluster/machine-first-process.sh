#!/usr/bin/env bash
# The first process of a machine, in its own namespaces: confines itself to a control group, mounts what the machine
# needs, says "ready", and then waits for ever. Bash collects whatever processes end without a parent, as the first
# process of a machine must.
# Usage: machine-first-process.sh MARKER confine|settle GROUP NAME SET-UP SHARES
# (SET-UP: shell commands, run once; SHARES: of the processors, 1024 is what a process of the host has)
set -euo pipefail
marker=$1 stage=$2 group=$3 name=$4 set_up=$5 shares=$6

# Prints TARGET TYPE OPTIONS of each hierarchy of control groups: one, or in their first version several.
hierarchies() { sed -nE 's|^.* (/sys/fs/cgroup\S*) .* - (cgroup2?) \S+ (\S+)$|\1 \2 \3|p' /proc/self/mountinfo; }

# A new group of cpuset is empty, and lets nobody in.
new_group() { # PARENT NAME
  mkdir -p "$1/$2"
  for file in cpuset.cpus cpuset.mems; do
    [ ! -w "$1/$2/$file" ] || cat "$1/$file" > "$1/$2/$file"
  done
}

# Takes a place in a group of its own. From the next stage on that group is the root of all that is seen from here.
confine() {
  mount --make-rprivate /
  while read -r target _; do
    new_group "$target" "$group"
    [ ! -w "$target/$group/cpu.shares" ] || echo "$shares" > "$target/$group/cpu.shares"
    # The second version counts in hundreds.
    [ ! -w "$target/$group/cpu.weight" ] || echo $((shares * 100 / 1024)) > "$target/$group/cpu.weight"
    echo $$ > "$target/$group/cgroup.procs"
  done < <(hierarchies)
  exec unshare --cgroup bash "$0" "$marker" settle "$group" "$name" "$set_up" "$shares"
}

settle() {
  local found
  # All of them first: what is unmounted is not found again.
  found=$(hierarchies)
  while read -r target type options; do
    umount "$target"
    mount -t "$type" -o "${options#rw,}" "$type" "$target"
    # Beside the pods, as system.slice is: each gets its share of the processors, however many processes there are.
    new_group "$target" system
    echo 1 > "$target/system/cgroup.procs"
  done <<< "$found"
  mount -t proc proc /proc
  hostname "$name"
  eval "$set_up"
  echo ready
  exec > /dev/null
  trap 'exit 0' TERM
  while :; do sleep 3600 & wait $!; done
}

"$stage"
