#!/bin/sh
# ufw.sh STATE COMMAND…: runs a command in a network and mount namespace of its own, with a copy
# of ufw's configuration in the place of the machine's. The copy stays in the folder STATE for
# the next call, and the rules in the kernel.
set -eu
state=$1
shift
mount --make-rprivate /
for folder in /etc/ufw /etc/default; do
    [ -d "$state$folder" ] || { mkdir -p "$state$folder"; cp -a "$folder/." "$state$folder"; }
    mount --bind "$state$folder" "$folder"
done
exec "$@"
