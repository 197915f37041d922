/* IP packets out as frames, past the kernel's IP output: much faster, and blind to routes,
 * neighbours and the machine's own firewall. Whoever calls brings the link header. */
#ifndef SCANNER_SEND_FRAMES_H
#define SCANNER_SEND_FRAMES_H

#include "probes/error.h"
#include "scanner/net.h"

#include <stdint.h>

struct send_frames;

/* Needs CAP_NET_RAW: -EPERM without it. */
int send_frames_open(struct send_frames **frames, struct error *error)
    __attribute__((warn_unused_result));
void send_frames_close(struct send_frames *frames);

/* Takes PACKET into the batch, to leave by INTERFACE; the LENGTH bytes of HEADER (at most
 * NET_HEADROOM) are written before it. Its ERROR is set once send_frames_flush() has
 * returned. */
void send_frames_add(struct send_frames *frames, struct net_packet *packet, uint32_t interface,
                     const uint8_t *header, size_t length);
void send_frames_flush(struct send_frames *frames);

#endif
