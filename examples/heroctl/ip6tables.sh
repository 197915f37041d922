#!/bin/sh
# What iptables.sh leaves out: the same for IPv6, where only the ingress is reachable.
set -eu

ip6tables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
ip6tables -A INPUT -i lo -j ACCEPT
ip6tables -A INPUT -p ipv6-icmp -j ACCEPT # IPv6 finds its neighbours with it

ip6tables -A INPUT -p tcp --dport 80 -j ACCEPT
ip6tables -A INPUT -p tcp --dport 443 -j ACCEPT

ip6tables -P INPUT DROP
