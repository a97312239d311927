# What a host has of a container: $1 the app, $2 the stage, $3 the address, $4 the name.
# A line each: `container JSON`, `network NAME`, `folder PATH`, `leftovers`.
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
containers=$(docker ps --all --quiet --no-trunc --filter "label=ironwright.app=$1" \
  --filter "label=ironwright.stage=$2" --filter "label=ironwright.address=$3")
for container in $containers; do
  # One that is gone by now is none.
  docker container inspect --format 'container {{json .}}' "$container" || true
done
