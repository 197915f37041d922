#include "scanner/network/send_frames.h"

#include "scanner/network/send_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Packets that leave by the interface that the socket is bound to, the first that was used,
 * need not say so each, which saves the kernel some of its time. Their protocol it finds in
 * the link header (since Linux 5.1). */
struct send_frames {
    struct send_batch batch;
    uint32_t interface; /* 0: not bound yet */
    bool bind_failed;   /* then every packet says where it goes */
};

int send_frames_open(struct send_frames **out, struct error *error)
{
    struct send_frames *frames = calloc(1, sizeof *frames);
    if (!frames)
        return error_no_memory(error);
    /* protocol 0: nothing is received here */
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        int status = error_set(error, -errno, "no packet socket: %s", strerror(errno));
        free(frames);
        return status;
    }
    send_batch_init(&frames->batch, fd, true);
    *out = frames;
    return 0;
}

void send_frames_close(struct send_frames *frames)
{
    if (!frames)
        return;
    close(frames->batch.fd);
    free(frames);
}

static bool is_bound_to(struct send_frames *frames, uint32_t interface)
{
    if (frames->interface == 0 && !frames->bind_failed) {
        const struct sockaddr_ll name = {.sll_family = AF_PACKET,
                                         .sll_ifindex = (int)interface};
        frames->bind_failed =
            bind(frames->batch.fd, (const struct sockaddr *)&name, sizeof name) < 0;
        frames->interface = frames->bind_failed ? 0 : interface;
    }
    return frames->interface == interface;
}

void send_frames_add(struct send_frames *frames, struct net_packet *packet, uint32_t interface,
                     const uint8_t *header, size_t length)
{
    memcpy(packet->bytes - length, header, length);
    bool bound = is_bound_to(frames, interface);
    union send_name *name =
        send_batch_add(&frames->batch, packet, length, bound ? 0 : sizeof name->link);
    name->link.sll_family = AF_PACKET;
    name->link.sll_ifindex = (int)interface;
    name->link.sll_protocol = htons(packet->bytes[0] >> 4 == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
}

void send_frames_flush(struct send_frames *frames)
{
    send_batch_flush(&frames->batch);
}
