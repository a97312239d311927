# What a host has of a container: $1 the app, $2 the stage, $3 the name, $4 the name of the edge. The address of its resource is
# not compared: what has moved in the program bears the one from before.
# A line each: `folder PATH` for files with an environment, `leftovers` where it is there, `edge` where the edge runs,
# `container JSON`.
set -eu
folder="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
if [ ! -d "$folder" ] || [ ! -w "$folder" ]; then
  folder="$HOME/.ironwright/$(uname -n)"
fi
folder="$folder/ironwright/$3"
echo "folder $folder"
if [ -e "$folder" ]; then
  echo leftovers
fi
containers=$(docker ps --all --no-trunc --format \
  '{{.ID}} {{.Names}} {{.State}} {{.Label "ironwright.app"}}|{{.Label "ironwright.stage"}}')
ours=$(echo "$containers" | while read -r id name state labels; do
  if [ "$name $state" = "$4 running" ]; then
    echo edge
  elif [ "$labels" = "$1|$2" ]; then
    case $name in
      "$3"-r[0-9]*) echo "$id" ;;
    esac
  fi
done)
set --
for word in $ours; do
  if [ "$word" = edge ]; then
    echo edge
  else
    set -- "$@" "$word"
  fi
done
if [ $# -gt 0 ]; then
  # One that is gone by now is none.
  docker container inspect --format 'container {{json .}}' "$@" || true
fi
