# What a host has of a container: $1 the app, $2 the stage, $3 the address, $4 the name, $5 the repository of its image or
# nothing. A line each: `container JSON`, `network NAME`, `image ID NAME`, `folder PATH`, `leftovers`.
set -eu
folder="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
if [ ! -d "$folder" ] || [ ! -w "$folder" ]; then
  folder="$HOME/.ironwright/$(uname -n)"
fi
folder="$folder/ironwright/$4"
echo "folder $folder"
if [ -e "$folder" ]; then
  echo leftovers
fi
docker network ls --format 'network {{.Name}}'
if [ -n "$5" ]; then
  docker image ls --no-trunc --format 'image {{.ID}} {{.Repository}}:{{.Tag}}' "$5"
fi
containers=$(docker ps --all --quiet --no-trunc --filter "label=ironwright.app=$1" \
  --filter "label=ironwright.stage=$2" --filter "label=ironwright.address=$3")
for container in $containers; do
  # One that is gone by now is none.
  docker container inspect --format 'container {{json .}}' "$container" || true
done
