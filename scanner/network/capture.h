/* What arrives at this machine, as IP packets with the time of their arrival.
 *
 * One capture over all interfaces, so that an answer is seen whichever way it comes back,
 * and stays open when an interface goes away. One filter, made when it is opened, lets
 * only what may answer a probe through; whether it does is for others to say. */
#ifndef SCANNER_CAPTURE_H
#define SCANNER_CAPTURE_H

#include "probes/error.h"
#include "scanner/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

/* A packet as struct net hands it on, and whether it never left this machine. */
typedef void capture_fn(void *context, nsec_t at, const uint8_t *bytes, size_t length,
                        bool loopback);

/* The filter, in the language of pcap-filter(7): TCP and UDP to our source ports, ICMP
 * errors and echo replies, and IPv6 packets with extension headers, behind which the
 * filter cannot look. Returns TEXT. */
enum { CAPTURE_FILTER_SIZE = 512 };
const char *capture_filter(char text[static CAPTURE_FILTER_SIZE], uint16_t port_first,
                           uint16_t port_count);

/* BUFFER_BYTES is the room for packets that wait to be read. Needs CAP_NET_RAW: -EPERM
 * without it. */
int capture_open(struct capture **capture, uint16_t port_first, uint16_t port_count,
                 size_t buffer_bytes, struct error *error) __attribute__((warn_unused_result));

/* The same with a filter of the caller's, and on one interface only, or all (NULL). */
int capture_open_filter(struct capture **capture, const char *interface, const char *filter,
                        size_t buffer_bytes, struct error *error)
    __attribute__((warn_unused_result));

/* All that goes from and to ports of this machine's kernel, in order, and the ICMP errors about
 * it: PORT_COUNT TCP ports and, if WITH_UDP, UDP ports. */
struct capture_ports {
    uint16_t first, count;
    bool with_udp;
};
const char *capture_ports_filter(char text[static CAPTURE_FILTER_SIZE],
                                 const struct capture_ports *ports);
int capture_open_both_ways(struct capture **capture, const struct capture_ports *ports,
                           size_t buffer_bytes, struct error *error)
    __attribute__((warn_unused_result));
void capture_close(struct capture *capture);

/* For poll(): readable when a packet waits. */
int capture_fd(const struct capture *capture);

/* Hands on the packets that wait, at most some thousands, with times on the clock
 * CLOCK_MONOTONIC. Returns how many, or a negative code when the capture broke. */
int capture_read(struct capture *capture, capture_fn *receive, void *context)
    __attribute__((warn_unused_result));

/* Packets that came while there was no room for them, since the capture was opened. */
uint64_t capture_dropped(struct capture *capture);

#endif
