#include "scanner/responder/respond_live.h"

#include "scanner/network/capture.h"
#include "scanner/network/rtnetlink.h"
#include "scanner/network/send_batch.h"
#include "scanner/network/send_raw.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CAPTURE_BYTES = 32 << 20, OWN_MOST = 16, WAIT_MS = 1000 };

/* What may be a probe, by its shape: a SYN with room for the options, a datagram of the
 * size of a tag. The flags of a segment over IPv6 are 13 bytes behind its header. */
static const char filter[] =
    "tcp[13] & 0x17 = 2 and tcp[12] >= 0xc0 or udp[4:2] = 40"
    " or (ip6 and ip6[6] = 6 and ip6[53] & 0x17 = 2 and ip6[52] >= 0xc0)"
    " or (ip6 and ip6[6] = 17 and ip6[44:2] = 40)";

struct respond_live {
    struct respond *respond;
    struct capture *capture;
    struct send_raw *raw;
    struct rtnetlink *rtnetlink;
    struct addr own[OWN_MOST]; /* addresses that were found to be this machine's */
    size_t own_count;
    int64_t seconds; /* wall clock of the current read */

    struct net_packet answers[SEND_BATCH_SIZE];
    uint8_t (*bytes)[PACKET_SIZE_MAX]; /* of the answers */
    size_t answer_count;
    uint64_t send_errors;
};

/* The kernel decides what its own addresses are: broadcast, multicast and addresses that it
 * only forwards to are not. */
static bool is_own(void *context, const struct addr *address)
{
    struct respond_live *live = context;
    for (size_t i = 0; i < live->own_count; i++) {
        if (addr_equal(&live->own[i], address))
            return true;
    }
    static const struct addr any;
    struct kernel_route route;
    if (rtnetlink_get_route(live->rtnetlink, address, &any, 0, &route) < 0 || !route.local)
        return false;
    if (live->own_count < OWN_MOST)
        live->own[live->own_count++] = *address;
    return true;
}

static void forget_own(void *context, const struct change *change)
{
    struct respond_live *live = context;
    if (change->kind != CHANGE_NONE)
        live->own_count = 0;
}

static void send_answers(struct respond_live *live)
{
    for (size_t i = 0; i < live->answer_count; i++)
        send_raw_add(live->raw, &live->answers[i], 0);
    send_raw_flush(live->raw);
    for (size_t i = 0; i < live->answer_count; i++)
        live->send_errors += live->answers[i].error != 0;
    live->answer_count = 0;
}

static void take_packet(void *context, nsec_t at, const uint8_t *bytes, size_t length,
                        bool loopback)
{
    struct respond_live *live = context;
    (void)loopback;
    uint8_t *answer = live->bytes[live->answer_count];
    size_t answer_length = respond_to(live->respond, at, live->seconds, bytes, length, answer);
    if (answer_length == 0)
        return;
    live->answers[live->answer_count++] =
        (struct net_packet){.bytes = answer, .length = (uint16_t)answer_length};
    if (live->answer_count == SEND_BATCH_SIZE)
        send_answers(live);
}

static int open_all(struct respond_live *live, const struct respond_live_options *options,
                    struct error *error)
{
    const struct respond_options respond = {
        .key = options->key,
        .max_rate = options->max_rate,
        .is_own = is_own,
        .context = live,
    };
    const struct send_raw_options raw = {.interface = options->interface, .patient = true};
    live->bytes = calloc(SEND_BATCH_SIZE, sizeof *live->bytes);
    if (!live->bytes)
        return error_no_memory(error);
    live->respond = respond_new(&respond, error);
    if (!live->respond)
        return -ENOMEM;
    int status = rtnetlink_open(&live->rtnetlink, error);
    if (status == 0)
        status = send_raw_open(&live->raw, &raw, error);
    if (status == 0)
        status = capture_open_filter(&live->capture, options->interface, filter, CAPTURE_BYTES,
                                     error);
    return status;
}

int respond_live_open(struct respond_live **out, const struct respond_live_options *options,
                      struct error *error)
{
    struct respond_live *live = calloc(1, sizeof *live);
    if (!live)
        return error_no_memory(error);
    int status = open_all(live, options, error);
    if (status < 0) {
        respond_live_close(live);
        return status;
    }
    *out = live;
    return 0;
}

void respond_live_close(struct respond_live *live)
{
    if (!live)
        return;
    capture_close(live->capture);
    send_raw_close(live->raw);
    rtnetlink_close(live->rtnetlink);
    respond_free(live->respond);
    free(live->bytes);
    free(live);
}

int respond_live_serve(struct respond_live *live, struct error *error)
{
    struct pollfd wanted = {.fd = capture_fd(live->capture), .events = POLLIN};
    if (poll(&wanted, 1, WAIT_MS) < 0)
        return errno == EINTR ? 0 : error_set(error, -errno, "poll: %s", strerror(errno));
    int status = rtnetlink_read_news(live->rtnetlink, forget_own, live);
    if (status < 0)
        return error_set(error, status, "the kernel gives no news of its addresses: %s",
                         strerror(-status));
    live->seconds = time(NULL);
    status = capture_read(live->capture, take_packet, live);
    if (status < 0)
        return error_set(error, status, "the capture broke: has the interface gone away?");
    send_answers(live);
    return 0;
}

void respond_live_counters(struct respond_live *live, struct respond_live_counters *counters)
{
    *counters = (struct respond_live_counters){
        .fates = respond_counts(live->respond),
        .send_errors = live->send_errors,
        .capture_dropped = capture_dropped(live->capture),
    };
}
