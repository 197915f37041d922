#include "scanner/network/send_batch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* How long a packet may wait for room in the socket's buffer. */
enum { PATIENCE_MS = 5 };

void send_batch_init(struct send_batch *batch, int fd, bool patient)
{
    memset(batch, 0, sizeof *batch);
    batch->fd = fd;
    batch->patient = patient;
    for (size_t i = 0; i < SEND_BATCH_SIZE; i++) {
        struct msghdr *message = &batch->messages[i].msg_hdr;
        message->msg_iov = &batch->bytes[i];
        message->msg_iovlen = 1;
        message->msg_name = &batch->names[i];
    }
}

union send_name *send_batch_add(struct send_batch *batch, struct net_packet *packet,
                                size_t header, socklen_t name_size)
{
    if (batch->count == SEND_BATCH_SIZE)
        send_batch_flush(batch);
    size_t i = batch->count++;
    batch->packets[i] = packet;
    batch->bytes[i].iov_base = packet->bytes - header;
    batch->bytes[i].iov_len = packet->length + header;
    batch->messages[i].msg_hdr.msg_namelen = name_size;
    memset(&batch->names[i], 0, sizeof batch->names[i]);
    return &batch->names[i];
}

static void set_errors(struct send_batch *batch, size_t first, size_t count, int error)
{
    for (size_t i = first; i < first + count; i++)
        batch->packets[i]->error = error;
}

static bool wait_for_room(const struct send_batch *batch)
{
    struct pollfd room = {.fd = batch->fd, .events = POLLOUT};
    return batch->patient && poll(&room, 1, PATIENCE_MS) > 0 && room.revents & POLLOUT;
}

void send_batch_flush(struct send_batch *batch)
{
    size_t done = 0;
    while (done < batch->count) {
        unsigned left = (unsigned)(batch->count - done);
        int sent = sendmmsg(batch->fd, batch->messages + done, left, MSG_DONTWAIT);
        if (sent > 0) {
            set_errors(batch, done, (size_t)sent, 0);
            done += (size_t)sent;
        } else if (errno == EAGAIN && !wait_for_room(batch)) {
            set_errors(batch, done, left, -EAGAIN);
            done = batch->count;
        } else if (errno != EAGAIN && errno != EINTR) {
            batch->packets[done++]->error = -errno;
        }
    }
    batch->count = 0;
}
