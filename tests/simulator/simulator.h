/* A network that exists only in memory: hosts described by rows, a wire with seeded
 * faults, and a clock that moves only while somebody waits or sends.
 *
 * It implements struct net and carries real IP packets, which it reads and builds with a
 * codec of its own (codec.h), so that each side checks the other. It knows how hosts,
 * firewalls and paths behave; it knows nothing of probes' cookies or of verdicts. The same
 * configuration and the same packets give the same run, bit by bit. */
#ifndef SIMULATOR_SIMULATOR_H
#define SIMULATOR_SIMULATOR_H

#include "probes/addr.h"
#include "probes/error.h"
#include "probes/state.h"
#include "scanner/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest packet that crosses the wire: IPv6 minimum MTU (RFC 8200, section 5). */
enum { SIM_PACKET_MAX = 1280 };

/* What now() says when the network is opened. Times in the configuration count from it. */
#define SIM_START (1000 * NSEC_PER_SEC)

/* Chances are per packet, 0 to 1; times that are 0 switch a fault off. */
struct sim_way {
    double loss;       /* independent of everything */
    nsec_t burst_mean; /* bursts of loss (Gilbert and Elliott): how long one is, */
    nsec_t gap_mean;   /* how long the peace between two is, both exponential, */
    double burst_loss; /* and how much is lost inside */
    nsec_t delay;      /* of every packet */
    nsec_t jitter;     /* up to so much more, uniform; reorders what is close together */
    double duplicate;
    double reorder;       /* chance to be held back */
    nsec_t reorder_delay; /* for so long */
    double rate;          /* bottleneck, packets per second */
    uint32_t queue;       /* and how many packets wait in front of it; the rest is lost */
    bool clears_dscp;
};

struct sim_wire {
    struct sim_way out, back; /* from us to the hosts, and from them to us */
};

/* A token bucket. A burst of 0: no limit. */
struct sim_limit {
    uint32_t burst;
    double per_second;
};

enum sim_behaviour {
    SIM_CLOSED, /* the stack's own answer: RST, or ICMP port unreachable to UDP */
    SIM_OPEN,   /* SYN-ACK, or a UDP answer */
    SIM_MUTE,   /* UDP: a service that takes everything and never answers */
    SIM_DROP,
    SIM_REJECT_RESET, /* a firewall's RST (TCP only) */
    SIM_REJECT_ICMP,
    SIM_SYN_PROXY, /* something in front answers every SYN with a SYN-ACK */
};

/* What the service on a UDP port says to PAYLOAD. Writes at most ROOM bytes into ANSWER and
 * returns how many, or a negative number for silence. */
typedef int sim_udp_reply_fn(const uint8_t *payload, size_t length, uint8_t *answer,
                             size_t room);

/* Where a device on the way sends a probe on to, without translating back what comes of it. */
struct sim_forwarding {
    struct addr address;
    uint16_t port; /* 0: the probe's */
};

/* What happens to a probe. */
struct sim_answer {
    enum sim_behaviour behaviour;
    uint8_t icmp_type, icmp_code; /* SIM_REJECT_ICMP */
    uint8_t router; /* firewall behaviours: 0: the host itself, N: sim_config.routers[N-1] */
    sim_udp_reply_fn *reply; /* SIM_OPEN on UDP; NULL: echoes, or 4 bytes to nothing */
    const struct sim_forwarding *forwarding; /* SIM_REJECT_ICMP to TCP: what the error quotes;
                                                NULL: the probe as it was sent */
    nsec_t late;        /* TCP, SIM_OPEN on UDP: the answer comes so long after the question, */
    nsec_t later;       /* SIM_OPEN on UDP: or up to so much more, each time anew; */
    uint16_t from_port; /* from this port, 0: from its own; */
    uint16_t astray;    /* to a port of ours so far beyond the one that asked */
};

struct sim_row {
    enum proto proto;
    uint16_t first, last;
    struct sim_answer answer;
};

/* What tells one operating system's answers from another's. */
struct sim_stack {
    uint8_t ttl;
    bool rst_copies_dscp;
    bool closed_drops_md5, open_drops_md5; /* SYNs with an MD5 option (RFC 2385) */
    bool half_open_acks;      /* a new SYN to a half-open connection draws an ACK (RFC 5961,
                                 section 4), not the SYN-ACK once more */
    struct sim_limit rst;     /* of RSTs of closed ports, over all */
    struct sim_limit icmp[2]; /* of ICMP errors to one destination; IPv4, IPv6 */
    struct sim_limit icmp_total;
};
extern const struct sim_stack sim_linux, sim_freebsd, sim_windows;

/* A hop that can answer in a host's place. */
struct sim_router {
    struct addr address;
    uint8_t hops; /* between it and us */
    struct sim_limit icmp;
    uint16_t quoted; /* bytes of the probe in an ICMP error; 0: as many as fit */
    nsec_t crowded_for, crowded_every; /* strangers take all tokens at the end of each such
                                          time, for so long; 0: there are none */
};

/* From when until when; equal: never. */
struct sim_span {
    nsec_t from, until;
};

enum sim_reach {
    SIM_REACHABLE,
    SIM_NO_ROUTE,     /* route() fails */
    SIM_NO_NEIGHBOUR, /* on the link, but nobody answers ARP: send() fails */
};

/* COUNT machines with consecutive addresses that behave alike. */
struct sim_host {
    struct addr first;
    uint32_t count;
    const struct sim_stack *stack; /* NULL: sim_linux */
    const struct sim_row *rows;    /* in any order, none twice */
    size_t row_count;
    struct sim_answer otherwise[PROTO_COUNT]; /* ports without a row */
    uint8_t hops;                             /* between it and us; 0: on the link */
    nsec_t delay;                             /* one way, on top of the wire's */
    enum sim_reach reach;
    struct sim_span away;   /* down, or deaf to us, meanwhile */
    uint8_t away_router;    /* N: routers[N-1] then says host unreachable; 0: nobody */
    uint64_t blocks_after;  /* its firewall drops everything of ours after so many
                               packets; 0: never */
    bool block_spares_echo; /* and all but echo requests */
    bool ignores_echo;
    bool drops_invalid;      /* conntrack in front drops malformed UDP before a reject */
    struct sim_limit syns;   /* that its firewall lets in, whatever the port; */
    struct sim_answer above; /* to others it says this */
};

enum sim_fault_kind {
    SIM_SEND_ERROR,   /* send() fails with ERROR */
    SIM_CAPTURE_LOSS, /* the capture loses packets, and counts them */
    SIM_LINK_DOWN,    /* the interface is down */
};

/* Something that is wrong with this machine. */
struct sim_fault {
    enum sim_fault_kind kind;
    struct sim_span when;
    int error;                      /* SIM_SEND_ERROR: ENOBUFS, EPERM, … */
    uint16_t first_port, last_port; /* SIM_SEND_ERROR: only to these; 0 to 0: to all */
    double chance;                  /* of each packet; not for SIM_LINK_DOWN */
};

/* Somebody who sends us packets in the hosts' names without seeing ours. */
struct sim_forger {
    double rate;  /* SYN-ACKs, RSTs, UDP and ICMP errors per second, with random fields */
    double flips; /* chance that a true answer is preceded by a copy in which a field that
                     guards it is wrong */
};

struct sim_config {
    uint64_t seed;
    struct sim_wire wire;
    const struct sim_host *hosts;
    size_t host_count;
    const struct sim_router *routers;
    size_t router_count;
    const struct sim_fault *faults;
    size_t fault_count;
    struct sim_forger forger;
    nsec_t send_cost;          /* of each packet on the clock; 0: 1 µs */
    uint16_t snap_length;      /* bytes of each packet that the capture keeps; 0: all */
    bool unfinished_checksums; /* answers carry the pseudo-header's sum only, as with
                                  offloading on virtual links */
    const char *pcap_path;     /* every packet sent and captured goes there; NULL: nowhere */
};

/* Opens the network. CONFIG and what it points to are borrowed until close(). NULL and
 * *ERROR when rows or hosts overlap, a router is not there, the pcap file cannot be
 * written or memory is short. */
struct net *simulator_open(const struct sim_config *config, struct error *error);

/* What happened on the wire, which struct net_counters cannot see. */
struct sim_totals {
    uint64_t probes;        /* packets that hosts got */
    uint64_t malformed;     /* of these: no IP packet at all, or lengths that lie */
    uint64_t bad_checksums; /* of these: an IP or transport checksum is wrong */
    uint64_t answers;       /* packets that hosts, routers and services sent */
    uint64_t lost;          /* on the wire, both ways, queue included */
    uint64_t overflowed;    /* of these: at the bottleneck's queue */
    uint64_t duplicated;
    uint64_t forged;        /* packets that the forger sent */
    uint64_t limited;       /* answers that a limiter held back */
    uint64_t out_of_memory; /* packets lost for want of memory; spoils a run */
};
void simulator_totals(const struct net *net, struct sim_totals *totals);

/* The source address that route() hands out for FAMILY. */
struct addr simulator_source(enum addr_family family);

/* What CONFIG's host answers on PORT of ADDRESS: the truth of its rows. NULL: there is no
 * such host. */
const struct sim_answer *simulator_truth(const struct sim_config *config,
                                         const struct addr *address, enum proto proto,
                                         uint16_t port);

#endif
