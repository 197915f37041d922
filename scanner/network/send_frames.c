#include "scanner/network/send_frames.h"

#include "scanner/network/send_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct send_frames {
    struct send_batch batch;
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

void send_frames_add(struct send_frames *frames, struct net_packet *packet, uint32_t interface,
                     const uint8_t *header, size_t length)
{
    memcpy(packet->bytes - length, header, length);
    union send_name *name = send_batch_add(&frames->batch, packet, length, sizeof name->link);
    name->link.sll_family = AF_PACKET;
    name->link.sll_ifindex = (int)interface;
    name->link.sll_protocol = htons(packet->bytes[0] >> 4 == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
}

void send_frames_flush(struct send_frames *frames)
{
    send_batch_flush(&frames->batch);
}
