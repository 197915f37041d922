/* How operating systems differ. */
#include "tests/simulator/simulator.h"

/* The RST carries the SYN's DSCP (tcp_v4_send_reset), unsolicited MD5 options are dropped
 * before anything else (tcp_inbound_hash). ICMP errors: inet_peer_xrlim_allow() keeps six
 * tokens of icmp_ratelimit (1 s) for IPv4; for IPv6 the time is divided by 16 on a default
 * route; icmp_msgs_burst 50, icmp_msgs_per_sec 1000 over all. */
const struct sim_stack sim_linux = {
    .ttl = 64,
    .rst_copies_dscp = true,
    .closed_drops_md5 = true,
    .open_drops_md5 = true,
    .half_open_acks = true,
    .icmp = {{6, 1}, {6, 16}},
    .icmp_total = {50, 1000},
};

/* net.inet.icmp.icmplim is 200 a second for each kind of answer, RSTs too; an MD5 option
 * that nobody asked for is passed over. */
const struct sim_stack sim_freebsd = {
    .ttl = 64,
    .rst = {200, 200},
    .icmp_total = {200, 200},
};

const struct sim_stack sim_windows = {
    .ttl = 128,
    .icmp_total = {50, 50},
};
