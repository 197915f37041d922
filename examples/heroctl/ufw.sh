#!/bin/sh
# Ubuntu and Debian: a server node. With the argument "worker", a node without API and panel.
set -eu

# defaults
ufw default deny incoming
ufw default allow outgoing

# administration
ufw allow from 203.0.113.10 to any port 22 proto tcp comment 'SSH of the operator'
if [ "${1-server}" = server ]; then
    ufw allow from 203.0.113.10 to any port 8080 proto tcp comment 'API'
    ufw allow from 203.0.113.10 to any port 8443 proto tcp comment 'panel'
fi

# public traffic
ufw allow 80/tcp comment 'Ingress HTTP'
ufw allow 443/tcp comment 'Ingress HTTPS'

# between the nodes
for ip in 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4; do
    ufw allow from "$ip" to any port 4646 proto tcp
    ufw allow from "$ip" to any port 4647 proto tcp
    ufw allow from "$ip" to any port 4648
done

ufw --force enable
