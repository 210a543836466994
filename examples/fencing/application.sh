#!/bin/sh
# Owns the example's application in shell, with nothing but what busybox has: it writes to the store with its epoch as
# the fencing token while it is active, and stops at the store's refusal. Must not need a listener: its role and epoch
# are in the files of the downward API, which the kubelet brings about a second after the move.
set -u
unset CDPATH

pod=${POD_NAME:-$(hostname)}
store=${STORE_URL:-http://fencing-store:8080/value}
# The link that the kubelet turns to a new folder: who has entered one reads role and epoch of one moment.
podinfo=${PODINFO:-/etc/podinfo/..data}
period=${PERIOD_SECONDS:-1}

# No epoch below this is used any more. It never falls, whatever the files say.
lowest=1
writes=0
said=

say() { printf '%s\n' "$*"; }

# Once for each change.
say_new() {
  [ "$said" = "$*" ] || say "$*"
  said=$*
}

# Prints the epoch while the pod is active, else nothing.
active_epoch() (
  cd "$podinfo" || exit
  [ "$(cat role)" = active ] || exit
  epoch=
  read -r epoch <epoch || : # it has no newline at its end
  case $epoch in
    0* | *[!0-9]* | ????????????????*) ;;
    *) say "$epoch" ;;
  esac
) 2>/dev/null

# The store compares: asking anybody beforehand whether this pod is still active would prove nothing, because it may be
# paused between the answer and the write.
write() { # EPOCH
  lowest=$1
  writes=$((writes + 1))
  if answer=$(timeout 5 wget -O - --header "epoch: $1" --post-data "$pod $writes" "$store" 2>&1); then
    say "wrote with epoch $1"
    said=
    return
  fi
  case $answer in
    *' 409 '*)
      lowest=$(($1 + 1))
      say_new "standing by after epoch $1: fenced, the store has seen a higher one"
      ;;
    *) say_new "not written: the store does not answer as it should" ;;
  esac
}

# A trap runs when the command in the foreground has ended: so the last write has, too.
trap 'exit 0' TERM INT
say "standing by"
while :; do
  epoch=$(active_epoch)
  if [ -z "$epoch" ]; then
    say_new "standing by: not active"
  elif [ "$epoch" -ge "$lowest" ]; then
    write "$epoch"
  else
    say_new "standing by: epoch $epoch is an old one"
  fi
  # In the background, for a signal ends a wait, and a sleep it does not.
  sleep "$period" &
  wait $!
done
