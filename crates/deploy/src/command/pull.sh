#!/bin/sh
# Pulls an image, and goes on with it whatever becomes of the connection that asked for it.
#
#   pull REFERENCE TARGET   begins, says the folder of the pull, and waits for its end. What is pulled is named TARGET
#                           instead, unless that is empty. Standard input is a configuration of Docker's with a login, or
#                           nothing.
#   again FOLDER            waits for the end of a pull that was begun before. It ends with 75 where there is none.
#   free FOLDER             ends the connection that the pull was begun over, if it is another than this one: the host may
#                           not have noticed that nobody is at its other end, and it holds the port that the pull needs.
#   stop FOLDER             ends the pull.
#
# Whoever waits marks the pull with the time. One that nobody has waited for in a while ends.
set -eu
umask 077
mode=$1
# How long a pull goes on that nobody waits for; and how long the next one takes it for one that is waited for.
alone=180
disturbed=10

age() {
  marked=$(cat "$1/marked" 2>/dev/null) || marked=0
  echo $(($(date +%s) - marked))
}

mark() {
  date +%s >"$folder/marked.new"
  mv "$folder/marked.new" "$folder/marked"
}

# The process of the SSH server that this runs below, and when it began.
server() {
  process=$$
  while [ "$process" -gt 1 ] && read -r name 2>/dev/null <"/proc/$process/comm"; do
    case $name in
      sshd*)
        echo "$process $(began "$process")"
        return
        ;;
    esac
    process=$(sed 's/.*) . //; s/ .*//' "/proc/$process/stat")
  done
}

# When a process began: the 22nd field.
began() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# Ends a pull that goes on. The number of one that has ended may be another process's by now.
end() {
  [ ! -e "$1/status" ] || return 0
  read -r pulling start 2>/dev/null <"$1/pull" || return 0
  if [ -n "$start" ] && [ "$(began "$pulling")" = "$start" ]; then
    kill "$pulling" 2>/dev/null || true
  fi
}

# What others left whom nobody waits for any more: their layers would be waited for, and never come.
disturb() {
  for other in /tmp/ironwright-pull.*; do
    own=$(find "$other" -prune -type d -user "$(id -u)" 2>/dev/null) || own=
    [ -n "$own" ] || continue
    attendant=$(cat "$other/attendant" 2>/dev/null) || attendant=$$
    if [ "$(age "$other")" -gt "$disturbed" ] || ! kill -0 "$attendant" 2>/dev/null; then
      end "$other"
      if ! kill -0 "$(cat "$other/supervisor" 2>/dev/null)" 2>/dev/null; then
        login=$(cat "$other/login" 2>/dev/null) || login=
        rm -rf -- "$other" ${login:+"$login"}
      fi
    fi
  done
}

# A folder in memory, where there is one that this user may write to.
private() {
  for place in "/run/user/$(id -u)" /run /tmp; do
    if [ -d "$place" ] && [ -w "$place" ]; then
      mktemp -d "$place/ironwright-login.XXXXXXXXXX"
      return
    fi
  done
}

supervise() {
  trap '' HUP
  docker "$@" pull --quiet "$reference" >"$folder/out" 2>"$folder/err" &
  pull=$!
  echo "$pull $(began "$pull")" >"$folder/pull"
  (
    while sleep 5; do
      [ "$(age "$folder")" -le "$alone" ] || kill "$pull"
    done
  ) &
  watch=$!
  status=0
  wait "$pull" || status=$?
  kill "$watch" || true
  [ -z "$login" ] || rm -rf -- "$login"
  if [ "$status" -eq 0 ] && [ -n "$target" ]; then
    docker tag "$reference" "$target" 2>>"$folder/err" || status=$?
    docker image rm "$reference" >/dev/null 2>&1 || true
  fi
  if [ "$(age "$folder")" -gt "$alone" ]; then
    rm -rf -- "$folder"
  else
    echo "$status" >"$folder/status.new"
    mv "$folder/status.new" "$folder/status"
  fi
}

# Waits for the end. Once a second it says something, so as to end itself when nobody listens; and it leaves the pull to
# whoever came after it.
attend() {
  echo "$$" >"$folder/attendant"
  rounds=0
  until [ -e "$folder/status" ]; do
    if [ "$((rounds % 10))" -eq 0 ]; then
      echo .
      is_last || exit 75
      mark
      if ! kill -0 "$(cat "$folder/supervisor")" 2>/dev/null && [ ! -e "$folder/status" ]; then
        rm -rf -- "$folder"
        exit 75
      fi
    fi
    rounds=$((rounds + 1))
    sleep 0.1
  done
  is_last || exit 75
  status=$(cat "$folder/status")
  cat "$folder/err" >&2
  rm -rf -- "$folder"
  exit "$status"
}

is_last() {
  [ "$(cat "$folder/attendant" 2>/dev/null)" = "$$" ]
}

case $mode in
  pull)
    reference=$2 target=$3 login=
    configuration=$(cat)
    disturb
    folder=$(mktemp -d /tmp/ironwright-begun.XXXXXXXXXX)
    mark
    server >"$folder/server"
    # What has this name is marked.
    mv "$folder" "/tmp/ironwright-pull.${folder##*.}"
    folder=/tmp/ironwright-pull.${folder##*.}
    set --
    if [ -n "$configuration" ]; then
      login=$(private)
      echo "$login" >"$folder/login"
      printf '%s\n' "$configuration" >"$login/config.json"
      # What else the user has configured is not in there.
      if host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null); then
        export DOCKER_HOST="$host"
      fi
      set -- --config "$login"
    fi
    supervise "$@" </dev/null >/dev/null 2>&1 &
    echo "$!" >"$folder/supervisor"
    echo "$folder"
    attend
    ;;
  again)
    folder=$2
    [ -d "$folder" ] || exit 75
    server >"$folder/server"
    attend
    ;;
  free)
    read -r process start <"$2/server" || exit 0
    own=$(server)
    if [ -n "$process" ] && [ "$process $start" != "$own" ] && [ "$(began "$process")" = "$start" ]; then
      kill "$process"
    fi
    ;;
  stop)
    end "$2"
    ;;
esac
