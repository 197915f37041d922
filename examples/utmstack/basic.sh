#!/bin/sh
# A single node, as the guide's script has it.
set -eu

ufw --force reset

ufw default deny incoming
ufw default allow outgoing

# SSH, from the administrator's address only
ufw allow from 192.168.1.100 to any port 22 proto tcp

# web interface, from the SOC network
ufw allow from 192.168.1.0/24 to any port 443 proto tcp
ufw allow from 192.168.1.0/24 to any port 80 proto tcp

# Cockpit, for the administrator only
ufw allow from 192.168.1.100 to any port 9090 proto tcp

# agents, from their network
ufw allow from 10.0.0.0/8 to any port 9000 proto tcp
ufw allow from 10.0.0.0/8 to any port 9001 proto tcp
ufw allow from 10.0.0.0/8 to any port 50051 proto tcp

# syslog, from network devices
ufw allow from 10.0.0.0/8 to any port 514 proto udp
ufw allow from 10.0.0.0/8 to any port 6514 proto tcp

ufw --force enable
