#!/bin/sh
# What firewalld.sh needs to keep the document's own table, after an audit of it:
#  - the zone trusted accepts everything, whatever ports are added to it, so the operator gets
#    a zone that does not;
#  - public and internal come with services of their own, SSH among them, and internal has no
#    ingress.
set -eu

firewall-cmd --permanent --zone=trusted --remove-source=203.0.113.10
firewall-cmd --permanent --new-zone=operator
firewall-cmd --permanent --zone=operator --add-source=203.0.113.10
for port in 22 80 443 8080 8443; do
    firewall-cmd --permanent --zone=operator --add-port="$port/tcp"
done

firewall-cmd --permanent --zone=public --remove-service=ssh
firewall-cmd --permanent --zone=internal --remove-service=ssh
firewall-cmd --permanent --zone=internal --add-service=http
firewall-cmd --permanent --zone=internal --add-service=https

firewall-cmd --reload
