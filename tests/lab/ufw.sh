#!/bin/sh
# Runs in a network and mount namespace of its own: ufw with a copy of its configuration, and
# the rules of the arguments, one each ("reject 1001/tcp"). Its rules stay in the kernel.
set -eu
mount --make-rprivate /
copy=$(mktemp -d)
trap 'umount /etc/ufw; rm -rf "$copy"' EXIT
cp -a /etc/ufw/. "$copy"
mount --bind "$copy" /etc/ufw
ufw --force enable
for rule in "$@"; do
    # shellcheck disable=SC2086 # a rule is several words
    ufw $rule
done
