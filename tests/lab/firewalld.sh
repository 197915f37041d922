#!/bin/sh
# firewalld.sh STATE COMMAND…: runs a command in a network namespace of its own, with firewalld
# on a bus of its own. Its configuration stays in the folder STATE for the next call. firewalld
# is killed then, so that its rules stay in the kernel.
set -eu
state=$1/etc/firewalld
shift
place=$(mktemp -d)
trap 'kill -KILL $daemon $bus 2>/dev/null || :; rm -rf "$place"' EXIT
daemon='' bus=''
[ -d "$state" ] || { mkdir -p "$state"; cp -a /etc/firewalld/. "$state"; }
cat >"$place/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=$place/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
END
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$place/bus"
dbus-daemon --config-file="$place/bus.conf" --nofork --nopidfile &
bus=$!
until [ -S "$place/bus" ]; do sleep 0.1; done
firewalld --nofork --nopid --system-config "$state" >"$place/log" 2>&1 &
daemon=$!
tries=0
until firewall-cmd --state >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$place/log" >&2; exit 1; }
    sleep 0.2
done
"$@"

