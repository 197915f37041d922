#!/bin/sh
# Runs in a network namespace of its own: firewalld on a bus of its own, with the arguments as
# options of firewall-cmd, one each. It is killed then, and its rules stay in the kernel.
set -eu
place=$(mktemp -d)
trap 'kill -KILL $daemon $bus 2>/dev/null || :; rm -rf "$place"' EXIT
daemon='' bus=''
cp -a /etc/firewalld "$place/etc"
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
firewalld --nofork --nopid --system-config "$place/etc" >"$place/log" 2>&1 &
daemon=$!
tries=0
until firewall-cmd --state >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$place/log" >&2; exit 1; }
    sleep 0.2
done
for option in "$@"; do
    firewall-cmd "$option"
done
