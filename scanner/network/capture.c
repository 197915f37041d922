#include "scanner/network/capture.h"

#include "probes/packet.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    SNAP_LENGTH = 256, /* headers, and of a UDP answer what tells a service */
    READ_MAX = 4096,   /* packets a call: a flood must not keep the caller from sending */
};

struct capture {
    pcap_t *pcap;
    int linktype;
    uint64_t dropped;
    uint32_t dropped_before; /* what pcap_stats() said; wraps */

    nsec_t emptied;    /* when nothing was waiting: what comes later is not older */
    nsec_t wall_ahead; /* the wall clock minus the monotonic one */
    nsec_t now;
    capture_fn *receive; /* of the current capture_read() */
    void *context;
};

const char *capture_filter(char text[static CAPTURE_FILTER_SIZE], uint16_t port_first,
                           uint16_t port_count)
{
    unsigned first = port_first, last = port_first + port_count - 1u;
    snprintf(text, CAPTURE_FILTER_SIZE,
             "tcp dst portrange %u-%u or udp dst portrange %u-%u"
             " or (icmp and (icmp[0] = 0 or icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11"
             " or icmp[0] = 12))"
             " or (ip6 and ip6[6] = 58 and (ip6[40] < 5 or ip6[40] = 129))"
             " or (ip6 and ip6[6] != 6 and ip6[6] != 17 and ip6[6] != 58)",
             first, last, first, last);
    return text;
}

/* Quotes in errors begin at the 8th byte of ICMP, with an IP header without options, for ours
 * have none. */
const char *capture_ports_filter(char text[static CAPTURE_FILTER_SIZE],
                                 const struct capture_ports *ports)
{
    const char *transport = ports->with_udp ? "(tcp or udp)" : "tcp";
    unsigned first = ports->first, last = ports->first + ports->count - 1u;
    snprintf(text, CAPTURE_FILTER_SIZE,
             "(%s and portrange %u-%u)"
             " or (icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] = 12)"
             " and icmp[28:2] >= %u and icmp[28:2] <= %u)"
             " or (ip6 and ip6[6] = 58 and ip6[40] < 5"
             " and ip6[88:2] >= %u and ip6[88:2] <= %u)",
             transport, first, last, first, last, first, last);
    return text;
}

static nsec_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

static int set_filter(pcap_t *pcap, const char *filter)
{
    struct bpf_program program;
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
        return -EINVAL;
    int status = pcap_setfilter(pcap, &program) < 0 ? -EIO : 0;
    pcap_freecode(&program);
    return status;
}

/* Our own probes need not be copied to us: it would halve the rate of sending. On
 * loopback, where a packet leaves and arrives, it is still seen once. */
static int ignore_outgoing(pcap_t *pcap)
{
    int on = 1;
    return setsockopt(pcap_fileno(pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0
               ? -errno
               : 0;
}

/* Immediate mode, because an answer must be seen when it comes and not when a block of
 * the ring is full or a timer runs out. */
static int set_up(pcap_t *pcap, size_t buffer_bytes)
{
    int status = pcap_set_snaplen(pcap, SNAP_LENGTH);
    if (status == 0)
        status = pcap_set_promisc(pcap, 0);
    if (status == 0)
        status = pcap_set_immediate_mode(pcap, 1);
    if (status == 0)
        status = pcap_set_buffer_size(pcap, (int)buffer_bytes);
    if (status == 0)
        status = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    if (status == 0)
        status = pcap_activate(pcap);
    if (status == PCAP_ERROR_PERM_DENIED)
        return -EPERM;
    return status < 0 ? -EIO : 0;
}

/* What is captured, and where. */
struct plan {
    const char *interface; /* NULL: all */
    const char *filter;
    size_t buffer_bytes;
    bool outgoing; /* what this machine sends, too */
};

static int open_as_planned(struct capture **out, const struct plan *plan, struct error *error)
{
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return error_no_memory(error);
    char reason[PCAP_ERRBUF_SIZE] = "";
    capture->pcap = pcap_create(plan->interface ? plan->interface : "any", reason);
    int status = capture->pcap ? set_up(capture->pcap, plan->buffer_bytes) : -EIO;
    if (status == 0)
        status = set_filter(capture->pcap, plan->filter);
    if (status == 0 && !plan->outgoing)
        status = ignore_outgoing(capture->pcap);
    if (status == 0 && pcap_setnonblock(capture->pcap, 1, reason) < 0)
        status = -EIO;
    if (status < 0) {
        error_set(error, status, "packets cannot be captured: %s",
                  capture->pcap ? pcap_geterr(capture->pcap) : reason);
        capture_close(capture);
        return status;
    }
    capture->linktype = pcap_datalink(capture->pcap);
    capture->emptied = read_clock(CLOCK_MONOTONIC);
    *out = capture;
    return 0;
}

int capture_open(struct capture **capture, uint16_t port_first, uint16_t port_count,
                 size_t buffer_bytes, struct error *error)
{
    char text[CAPTURE_FILTER_SIZE];
    return capture_open_filter(capture, NULL, capture_filter(text, port_first, port_count),
                               buffer_bytes, error);
}

int capture_open_filter(struct capture **capture, const char *interface, const char *filter,
                        size_t buffer_bytes, struct error *error)
{
    const struct plan plan = {interface, filter, buffer_bytes, false};
    return open_as_planned(capture, &plan, error);
}

int capture_open_both_ways(struct capture **capture, const struct capture_ports *ports,
                           size_t buffer_bytes, struct error *error)
{
    char text[CAPTURE_FILTER_SIZE];
    const struct plan plan = {NULL, capture_ports_filter(text, ports), buffer_bytes, true};
    return open_as_planned(capture, &plan, error);
}
void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    free(capture);
}

int capture_fd(const struct capture *capture)
{
    return pcap_get_selectable_fd(capture->pcap);
}

/* The kernel stamps packets by the wall clock, which somebody may set meanwhile. A packet
 * that waits now came after the ring was last seen empty, and not after now. */
static nsec_t arrival(const struct capture *capture, const struct timeval *stamp)
{
    nsec_t at = stamp->tv_sec * NSEC_PER_SEC + stamp->tv_usec - capture->wall_ahead;
    if (at < capture->emptied)
        return capture->emptied;
    return at > capture->now ? capture->now : at;
}

/* The hardware type in a cooked header (LINKTYPE_LINUX_SLL). */
static bool is_loopback(const struct capture *capture, const uint8_t *bytes, size_t length)
{
    return capture->linktype == DLT_LINUX_SLL && length >= 4 &&
           (bytes[2] << 8 | bytes[3]) == ARPHRD_LOOPBACK;
}

static void hand_on(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    void *context = user;
    const struct capture *capture = context;
    size_t length = header->caplen;
    bool loopback = is_loopback(capture, bytes, length);
    if (packet_skip_link(capture->linktype, &bytes, &length) != PACKET_OK)
        return;
    capture->receive(capture->context, arrival(capture, &header->ts), bytes, length, loopback);
}

int capture_read(struct capture *capture, capture_fn *receive, void *context)
{
    capture->now = read_clock(CLOCK_MONOTONIC);
    capture->wall_ahead = read_clock(CLOCK_REALTIME) - capture->now;
    capture->receive = receive;
    capture->context = context;
    void *user = capture;
    int count = pcap_dispatch(capture->pcap, READ_MAX, hand_on, user);
    if (count < 0)
        return -EIO;
    if (count < READ_MAX)
        capture->emptied = capture->now;
    return count;
}

uint64_t capture_dropped(struct capture *capture)
{
    struct pcap_stat totals;
    if (pcap_stats(capture->pcap, &totals) == 0) {
        capture->dropped += totals.ps_drop - capture->dropped_before;
        capture->dropped_before = totals.ps_drop;
    }
    return capture->dropped;
}
