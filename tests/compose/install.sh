#!/bin/sh
# Put Docker's engine and the Compose plugin on a Debian machine that has none, from Debian's packages. Needs root.
set -eu
cache="${XDG_CACHE_HOME:-$HOME/.cache}/readmission-stack"
apt_wait="-o DPkg::Lock::Timeout=600"

if ! command -v dockerd >/dev/null; then
    apt-get $apt_wait install -y -qq --no-install-recommends docker.io iptables ca-certificates >/dev/null
fi

# Debian 12 has Compose 1 only; the newer packages need nothing but libc, so they install as they are.
if ! docker compose version >/dev/null 2>&1 || ! docker buildx version >/dev/null 2>&1; then
    newer="$cache/apt"
    mkdir -p "$newer/lists/partial" "$newer/deb"
    mirror=$("$(dirname -- "$0")/../servers/debian_mirror.sh")
    echo "deb $mirror sid main" >"$newer/sources.list"
    from_newer="-o Dir::Etc::sourcelist=$newer/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$newer/lists -o APT::Sandbox::User=root"
    apt-get $from_newer update -qq
    (cd "$newer/deb" && rm -f -- *.deb && apt-get $from_newer download -qq docker-compose docker-buildx)
    dpkg -i "$newer"/deb/*.deb >/dev/null
fi
docker compose version
