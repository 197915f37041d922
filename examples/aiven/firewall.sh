#!/bin/sh
# The rules of one node, for iptables and ip6tables: what no rule accepts is rejected.
set -eu

# rules TOOL CLIENTS MANAGEMENT NODE
rules() {
    "$1" -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    "$1" -A INPUT -i lo -j ACCEPT

    # the service and its dashboard, for what user_config.ip_filter lists
    "$1" -A INPUT -p tcp -s "$2" --dport 12691 -j ACCEPT
    "$1" -A INPUT -p tcp -s "$2" --dport 443 -j ACCEPT

    # the management plane
    "$1" -A INPUT -p tcp -s "$3" --dport 22 -j ACCEPT
    "$1" -A INPUT -p tcp -s "$3" --dport 30287 -j ACCEPT

    # IPsec, point to point with each of the other nodes
    "$1" -A INPUT -p udp -s "$4" -m multiport --dports 500,4500 -j ACCEPT

    "$1" -A INPUT -p tcp -j REJECT --reject-with tcp-reset
    "$1" -A INPUT -p udp -j REJECT
}

rules iptables 198.51.100.0/24 192.0.2.10 192.0.2.22
rules ip6tables 2001:db8:51::/64 2001:db8:2::10 2001:db8:2::22
