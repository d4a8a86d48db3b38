#!/bin/sh
# Make, from Debian packages alone, the base images that the stack names by PYTHON_IMAGE, MYSQL_IMAGE, ... and print
# those names. A machine that reaches a registry needs none of this. Needs root; quick when the images are there.
set -eu
cd -- "$(dirname -- "$0")"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/readmission-stack"
mkdir -p "$cache"
exec 9>"$cache/base-images.lock"
flock 9 # another one may be making them

rootfs() { # DISTRIBUTION: a minimal Debian in the cache
    [ -d "$cache/$1-rootfs" ] && return
    command -v debootstrap >/dev/null || apt-get -o DPkg::Lock::Timeout=600 install -y -qq debootstrap >/dev/null
    rm -rf "$cache/$1-rootfs.partial"
    debootstrap --variant=minbase --include=ca-certificates "$1" "$cache/$1-rootfs.partial" "$(../servers/debian_mirror.sh)" \
        >"$cache/$1-rootfs.log"
    mv "$cache/$1-rootfs.partial" "$cache/$1-rootfs"
}

import() { # FOLDER IMAGE: a root filesystem as an image, with this machine's certificates and apt settings
    docker image inspect "$2" >/dev/null 2>&1 && return
    install -D -m 644 -t "$1/etc/ssl/certs" /etc/ssl/certs/ca-certificates.crt
    apt-config dump | grep -E '^Acquire::(Check|http|https)' >"$1/etc/apt/apt.conf.d/99machine" || true
    tar --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./srv/*' \
        --exclude='./var/lib/template*' --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' -c -C "$1" . |
        docker import --change "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" - "$2" >/dev/null
}

rootfs trixie
../servers/install_mysql.sh >&2
import "$cache/trixie-rootfs" local/debian
import "${MYSQL_ROOTFS:-$cache/mysql-rootfs}" local/debian-mysql
for name in python mysql redis prometheus seaweedfs; do
    docker image inspect "local/$name" >/dev/null 2>&1 || docker build -q --target "$name" -t "local/$name" base >&2
    echo "$(echo "$name" | tr a-z A-Z)_IMAGE=local/$name"
done
echo "DEBIAN_IMAGE=local/debian"
