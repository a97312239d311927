#!/bin/bash
# A host, quick: its own root, network, processes, sshd and dockerd, in namespaces of this machine. It lives as long as its
# standard input is open. Given: the folder of the host; whether Docker is `running`, `stopped` or `missing`; the size of
# its disk, or `all`.
#
# It says `born` when it can be given its network, reads its address and its gateway, and says `up` when all runs.
set -euo pipefail
folder=$1 docker=$2 disk=$3

mount --make-rprivate /
mkdir -p "$folder"/{upper,work,root,docker,shared}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
root=$folder/root
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
# What is in this machine's home, above all what its shell does first, is nothing a host has.
mount -t tmpfs -o mode=0700 tmpfs "$root/root"
mkdir -p "$root/var/lib/docker" "$root/run/host" "$root/run/sshd" "$root/run/before" "$root/run/shared"
mount --bind "$folder/shared" "$root/run/shared"
if [ "$disk" = all ]; then
  mount --bind "$folder/docker" "$root/var/lib/docker"
else
  mount -t tmpfs -o "size=$disk" tmpfs "$root/var/lib/docker"
fi
cp "$folder"/given/* "$root/run/host/"
cd "$root"
pivot_root . run/before
umount -l /run/before
hostname "$(basename "$folder")"

# A user as cloud images have one, who is not in the group docker.
id ubuntu >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --password '*' ubuntu
for home in /root /home/ubuntu; do
  mkdir -p "$home/.ssh"
  cp /run/host/authorized_keys "$home/.ssh/authorized_keys"
  chmod 0700 "$home/.ssh"
done
chown -R ubuntu:ubuntu /home/ubuntu
if [ "$docker" = missing ]; then
  type -aP docker dockerd | xargs -r rm -f
fi

echo born
read -r address gateway
ip link set lo up
ip address add "$address" dev eth0
ip link set eth0 up
ip route add default via "$gateway"

chmod 0600 /run/host/host_key
/usr/sbin/sshd -E /run/host/sshd.log -f /run/host/sshd_config
until (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.02; done
if [ "$docker" = running ]; then
  dockerd -H unix:///run/docker.sock -H unix:///run/shared/docker.sock >/run/host/dockerd.log 2>&1 &
  for _ in $(seq 300); do
    docker version >/dev/null 2>&1 && break
    sleep 0.1
  done
  docker version >/dev/null || { tail -n 20 /run/host/dockerd.log >&2; exit 1; }
fi
echo up

# Whoever made this host is gone when there is nothing to read any more; then all of it goes.
while read -r _; do :; done
