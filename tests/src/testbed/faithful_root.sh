#!/bin/bash
# The root that faithful hosts have below their own: a system as images of clouds have it, with systemd, sshd and cloud-init.
# Made once a machine, in the folder "$1", from the sources and certificates that the machine itself uses; and once more where this
# script has changed. It says where it is.
set -euo pipefail
root=$1/root-$(sha256sum "$0" | head -c 16)

mkdir -p "$1"
exec 9>"$1/lock"
flock 9
echo "$root"
[ ! -d "$root" ] || exit 0
making=$root.making
rm -rf "$making"

# shellcheck disable=SC1091
. /etc/os-release
sources=/etc/apt/sources.list.d/$ID.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
mmdebstrap --quiet --variant=minbase \
  --include=systemd,systemd-sysv,dbus,openssh-server,cloud-init,sudo,iproute2,ca-certificates,netbase,procps \
  "$VERSION_CODENAME" "$making" "$sources" >&2

# How packages are got and who is believed.
for file in $(grep -ls Acquire /etc/apt/apt.conf /etc/apt/apt.conf.d/* || true); do
  cp "$file" "$making/etc/apt/apt.conf.d/"
done
cp -r /usr/local/share/ca-certificates "$making/usr/local/share/"
chroot "$making" update-ca-certificates >&2
# Small, and quick on a disk that need not survive the loss of power.
echo 'APT::Install-Recommends "false";' >"$making/etc/apt/apt.conf.d/90testbed"
echo force-unsafe-io >"$making/etc/dpkg/dpkg.cfg.d/90testbed"
# What a first boot often installs is at hand, as it is near a cloud's machines.
cp -L /etc/resolv.conf "$making/etc/resolv.conf"
chroot "$making" apt-get --quiet update >&2
chroot "$making" apt-get --quiet --yes --download-only install docker.io >&2

# The user, the source of user data, and what cloud-init must leave alone.
cat >"$making/etc/cloud/cloud.cfg.d/90_testbed.cfg" <<'END'
datasource_list: [NoCloud]
locale: C.UTF-8
network: {config: disabled}
system_info:
  default_user:
    name: ubuntu
    gecos: Ubuntu
    lock_passwd: true
    groups: [adm, sudo]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
END
# Docker writes where systemd-nspawn gives reading alone.
unit=$making/etc/systemd/system/testbed-writable.service
cat >"$unit" <<'END'
[Unit]
Description=Control groups and settings that may be written
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/sh -ec 'for mount in $(grep -o " /sys/fs/cgroup[^ ]*" /proc/mounts) /proc/sys; do mount -o remount,bind,rw $mount; done'
END
mkdir -p "$making/etc/systemd/system/sysinit.target.wants"
ln -sf ../testbed-writable.service "$making/etc/systemd/system/sysinit.target.wants/testbed-writable.service"
# Every host makes host keys and an id of its own. An empty id is no first boot to systemd, which would start all it has.
rm -f "$making"/etc/ssh/ssh_host_*
: >"$making/etc/machine-id"
mv "$making" "$root"
