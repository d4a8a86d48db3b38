#!/bin/sh
# Put MySQL 9.7 (Debian sid's mysql-server-core) into a root filesystem of its own, once. Needs root and Debian.
set -eu
rootfs="${MYSQL_ROOTFS:-${XDG_CACHE_HOME:-$HOME/.cache}/readmission-stack/mysql-rootfs}"
[ -x "$rootfs/usr/sbin/mysqld" ] && exit 0
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null
echo "Making the MySQL root filesystem in $rootfs (about two minutes, once) ..."
rm -rf "$rootfs.partial"
mkdir -p "$rootfs.partial"
mirror=$("$(dirname -- "$0")/debian_mirror.sh")
debootstrap --variant=minbase --include=mysql-server-core,mysql-client-core sid "$rootfs.partial" "$mirror" >"$rootfs.log" 2>&1 ||
    { tail -n 20 "$rootfs.log" >&2; exit 1; }
rm -rf "$rootfs"
mv "$rootfs.partial" "$rootfs"
