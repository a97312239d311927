#!/bin/sh
# Docker from the distribution's packages, started now and at every boot, for the user "$1".
set -eu

# Where administration is, for a user who does not have it in the search path.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# A fresh machine sees package locks and mirrors that do not answer yet.
retry() {
  for attempt in 1 2 3 4 5; do
    "$@" && return 0
    echo "docker: attempt $attempt failed: $*" >&2
    sleep "$((attempt * 5))"
  done
  return 1
}

install_docker() {
  if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get --quiet --option DPkg::Lock::Timeout=300 update
    retry apt-get --quiet --yes --option DPkg::Lock::Timeout=300 install docker.io
  elif command -v dnf >/dev/null; then
    retry dnf --quiet --assumeyes install docker
  elif command -v yum >/dev/null; then
    if command -v amazon-linux-extras >/dev/null; then
      amazon-linux-extras enable docker >/dev/null
    fi
    retry yum --quiet --assumeyes install docker
  else
    echo "docker: this host has no apt-get, dnf or yum: install Docker by hand" >&2
    return 1
  fi
}

prepare() {
  if ! command -v docker >/dev/null; then
    echo "docker: installing"
    install_docker
  fi
  if [ -d /run/systemd/system ]; then
    systemctl enable --now docker
  fi
  if [ "$1" != root ] && ! id -n -G "$1" | tr ' ' '\n' | grep -q -x docker; then
    echo "docker: adding $1 to the group docker"
    groupadd --force docker
    usermod --append --groups docker "$1"
  fi
  docker version >/dev/null
  echo "docker: ready"
}

# Standard input is this script: nothing else may read of it.
prepare "$1" </dev/null
