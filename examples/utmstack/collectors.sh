#!/bin/sh
# What the guide's tables promise and its script leaves out: syslog over TCP, NetFlow and IPFIX.
set -eu

ufw allow from 10.0.0.0/8 to any port 514 proto tcp
ufw allow from 10.0.0.0/8 to any port 2055 proto udp
ufw allow from 10.0.0.0/8 to any port 4739 proto udp
