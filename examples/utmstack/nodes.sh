#!/bin/sh
# Several nodes, as the guide's script has it: to be run after basic.sh.
set -eu

for node in 10.10.10.11 10.10.10.12 10.10.10.13; do
    ufw allow from "$node" to any port 2377 proto tcp
    ufw allow from "$node" to any port 7946
    ufw allow from "$node" to any port 4789 proto udp
    ufw allow from "$node" to any port 9200 proto tcp
    ufw allow from "$node" to any port 9300 proto tcp
done
