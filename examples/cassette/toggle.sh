#!/bin/sh
# toggle.sh on|off PORT [PROTOCOL] [DELAY]: the switch of one rule. As on the real thing, it takes
# a while until it works: DELAY, 10 seconds if it is not given.
set -eu

case $1 in
on) verb=add ;;
off) verb=delete ;;
*) echo "toggle.sh: on or off, not '$1'" >&2; exit 64 ;;
esac
sleep "${4-10}"
nft "$verb" element inet cassette on "{ ${3-tcp} . $2 }"
