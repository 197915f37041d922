#!/bin/sh
# RHEL, Fedora and AlmaLinux, as the document has it.
set -eu

# two zones: public for the ingress, internal for the ports of the cluster
firewall-cmd --permanent --zone=public --add-service=http
firewall-cmd --permanent --zone=public --add-service=https

# the nodes are in the zone internal
firewall-cmd --permanent --zone=internal --add-source=10.0.0.0/24
firewall-cmd --permanent --zone=internal --add-port=4646/tcp
firewall-cmd --permanent --zone=internal --add-port=4647/tcp
firewall-cmd --permanent --zone=internal --add-port=4648/tcp
firewall-cmd --permanent --zone=internal --add-port=4648/udp

# administration: the operator is in the zone trusted
firewall-cmd --permanent --zone=trusted --add-source=203.0.113.10
firewall-cmd --permanent --zone=trusted --add-port=8080/tcp
firewall-cmd --permanent --zone=trusted --add-port=8443/tcp

firewall-cmd --reload
