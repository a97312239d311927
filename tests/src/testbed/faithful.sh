#!/bin/bash
# A host, faithful: booted by systemd in a control group and a network of its own, its first boot done by the real cloud-init.
# It lives as long as its standard input is open. Given: the folder of the host, with its seed; the root it has below.
#
# It says `born` when it can be given its network, reads its address and its gateway, and says `up` when it boots.
set -euo pipefail
folder=$1 base=$2
name=$(basename "$folder")

mount --make-rprivate /
mkdir -p "$folder"/{upper,work,root,docker}
root=$folder/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" "$root"
mkdir -p "$root/var/lib/cloud/seed"
cp -r "$folder/seed" "$root/var/lib/cloud/seed/nocloud"
[ ! -d "$folder/files" ] || cp -r "$folder/files/." "$root/"
# A resolver of this machine alone is none for the host.
resolver=/run/systemd/resolve/resolv.conf
[ -e "$resolver" ] || resolver=/etc/resolv.conf
cp -L "$resolver" "$root/etc/resolv.conf"

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  groups=(/sys/fs/cgroup)
else
  groups=(/sys/fs/cgroup/*)
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0
fi
for group in "${groups[@]}"; do
  mkdir -p "$group/$name"
  for setting in cpuset.cpus cpuset.mems; do
    [ ! -e "$group/cgroup.clone_children" ] || [ ! -e "$group/$setting" ] || cat "$group/$setting" >"$group/$name/$setting"
  done
  echo $$ >"$group/$name/cgroup.procs"
done

echo born
read -r address gateway
ip link set lo up
ip address add "$address/32" dev eth0
ip link set eth0 up
ip route add "$gateway" dev eth0
ip route add default via "$gateway"
systemd-nspawn --quiet --register=no --keep-unit --boot --directory="$root" --machine="$name" --capability=all \
  --system-call-filter="@keyring bpf" --bind="$folder/docker:/var/lib/docker" --resolv-conf=off --console=pipe </dev/null >"$folder/console" 2>&1 &
echo up

# Whoever made this host is gone when there is nothing to read any more; then all of it goes.
while read -r _; do :; done
