#!/bin/sh
# Print the address of the Debian mirror that this machine's apt uses, so that nothing here names one.
set -eu
. /etc/os-release
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Codename: $VERSION_CODENAME" | head -n 1)
if [ -z "$mirror" ]; then
    echo "apt knows no Debian mirror: run 'apt-get update' once, and check /etc/apt/sources.list*." >&2
    exit 1
fi
echo "$mirror"
