#!/bin/bash
# The file system of an image with Python, as `docker import` reads it. Made once a machine, in the folder "$1", from the sources
# that the machine itself uses. It says where it is.
set -euo pipefail
file=$1/python-$(sha256sum "$0" | head -c 16).tar

mkdir -p "$1"
exec 9>"$1/lock"
flock 9
echo "$file"
[ ! -e "$file" ] || exit 0

# shellcheck disable=SC1091
. /etc/os-release
sources=/etc/apt/sources.list.d/$ID.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
mmdebstrap --quiet --variant=minbase --include=python3 "$VERSION_CODENAME" "$file.making.tar" "$sources" >&2
mv "$file.making.tar" "$file"
