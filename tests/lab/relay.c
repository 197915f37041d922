/* A wire between two interfaces, for tests: every frame that comes in at one end leaves at
 * the other, late, twice, out of order or not at all, as the options say.
 *
 *   relay NEAR FAR --out KEY=VALUE,… --back KEY=VALUE,… --seed N
 *
 * OUT is the way from NEAR to FAR; the keys are those of struct path_options. ARP and
 * neighbour discovery pass unharmed: they belong to the first hop, not to the path. Says
 * "ready" when it runs, ends when standard input does, and then prints what it counted as
 * JSON. */
#include "tests/lab/relay_frames.h"
#include "tests/lab/relay_path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 64,
    FRAMES_ON_THE_WAY = 1 << 17,
    SOCKET_BUFFER_BYTES = 512 << 20,
};

#define NSEC_PER_SEC INT64_C(1000000000)

struct direction {
    const char *name;
    int in, out; /* sockets */
    struct path path;
    struct frames *frames;
    uint64_t sent, overrun; /* overrun: frames that this program was too slow for */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_interface(const char *name)
{
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("packet socket");
    const int one = 1, size = SOCKET_BUFFER_BYTES;
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        die(name);
    return fd;
}

static bool belongs_to_first_hop(const uint8_t *frame, uint32_t length)
{
    enum { ETHER_TYPE = 12, IPV6_NEXT_HEADER = 14 + 6, ICMPV6_TYPE = 14 + 40 };
    if (length < ETHER_HDR_LEN)
        return true;
    const unsigned type = (unsigned)frame[ETHER_TYPE] << 8 | frame[ETHER_TYPE + 1];
    if (type == ETHERTYPE_ARP)
        return true;
    return type == ETHERTYPE_IPV6 && length > ICMPV6_TYPE &&
           frame[IPV6_NEXT_HEADER] == IPPROTO_ICMPV6 && frame[ICMPV6_TYPE] >= 133 &&
           frame[ICMPV6_TYPE] <= 137; /* RFC 4861: router and neighbour messages, redirect */
}

/* Takes over BYTES. */
static void carry(struct direction *direction, uint8_t *bytes, uint32_t length, int64_t now)
{
    int64_t leave_ns[2] = {now, now};
    const unsigned copies =
        belongs_to_first_hop(bytes, length) ? 1 : path_carry(&direction->path, now, leave_ns);
    if (copies == 0) {
        frames_return_buffer(direction->frames, bytes);
        return;
    }
    frames_put(direction->frames, (struct frame){bytes, length}, leave_ns[0]);
    if (copies == 1)
        return;
    uint8_t *twin = frames_take_buffer(direction->frames);
    if (!twin) {
        direction->overrun++;
        return;
    }
    memcpy(twin, bytes, length);
    frames_put(direction->frames, (struct frame){twin, length}, leave_ns[1]);
}

/* Reads one batch; returns how many frames were there. */
static int receive_frames(struct direction *direction)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    int room = 0;
    memset(messages, 0, sizeof messages);
    for (; room < BATCH; room++) {
        parts[room] = (struct iovec){frames_take_buffer(direction->frames), FRAME_SIZE};
        if (!parts[room].iov_base)
            break;
        messages[room].msg_hdr.msg_iov = &parts[room];
        messages[room].msg_hdr.msg_iovlen = 1;
    }
    int count = recvmmsg(direction->in, messages, (unsigned)room, MSG_DONTWAIT, NULL);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        die("receive");
    if (count < 0)
        count = 0;
    const int64_t now = now_ns();
    /* Unused buffers first: what is carried may want one for a duplicate. */
    for (int i = room - 1; i >= count; i--)
        frames_return_buffer(direction->frames, parts[i].iov_base);
    for (int i = 0; i < count; i++)
        carry(direction, parts[i].iov_base, messages[i].msg_len, now);
    return count;
}

static void send_batch(struct direction *direction, struct frame *batch, unsigned count)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < count; i++) {
        parts[i] = (struct iovec){batch[i].bytes, batch[i].length};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (unsigned done = 0; done < count;) {
        const int sent = sendmmsg(direction->out, messages + done, count - done, 0);
        if (sent > 0) {
            done += (unsigned)sent;
            direction->sent += (unsigned)sent;
        } else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
            /* the interface is down or gone: so is what was on the way to it */
            direction->overrun += count - done;
            break;
        }
    }
    for (unsigned i = 0; i < count; i++)
        frames_return_buffer(direction->frames, batch[i].bytes);
}

static void send_due_frames(struct direction *direction)
{
    const int64_t now = now_ns();
    while (frames_first_due(direction->frames) <= now) {
        struct frame batch[BATCH];
        unsigned count = 0;
        while (count < BATCH && frames_first_due(direction->frames) <= now)
            batch[count++] = frames_take_first(direction->frames);
        send_batch(direction, batch, count);
    }
}

/* Until a frame comes or is due; false at the end of standard input. */
static bool wait_for_work(const struct direction *out, const struct direction *back)
{
    struct pollfd fds[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = out->in, .events = POLLIN},
        {.fd = back->in, .events = POLLIN},
    };
    const int64_t out_due = frames_first_due(out->frames);
    const int64_t back_due = frames_first_due(back->frames);
    const int64_t due = out_due < back_due ? out_due : back_due;
    const int64_t left = due - now_ns();
    const struct timespec timeout = {.tv_sec = left > 0 ? left / NSEC_PER_SEC : 0,
                                     .tv_nsec = left > 0 ? left % NSEC_PER_SEC : 0};
    if (ppoll(fds, 3, due == INT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR)
        die("poll");
    char ignored;
    return !(fds[0].revents & (POLLIN | POLLHUP)) || read(STDIN_FILENO, &ignored, 1) > 0;
}

static void relay_frames(struct direction *out, struct direction *back)
{
    while (wait_for_work(out, back)) {
        int received;
        do {
            received = receive_frames(out) + receive_frames(back);
            send_due_frames(out);
            send_due_frames(back);
        } while (received > 0);
    }
}

static void print_counters(const struct direction *direction)
{
    struct tpacket_stats kernel = {0};
    socklen_t size = sizeof kernel;
    if (getsockopt(direction->in, SOL_PACKET, PACKET_STATISTICS, &kernel, &size) < 0)
        die("statistics");
    const struct path_counters *counters = &direction->path.counters;
    printf("\"%s\": {\"received\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"lost\": %" PRIu64
           ", \"queue_full\": %" PRIu64 ", \"duplicated\": %" PRIu64 ", \"overrun\": %" PRIu64
           "}",
           direction->name, counters->received, direction->sent, counters->lost,
           counters->queue_full, counters->duplicated, direction->overrun + kernel.tp_drops);
}

static void usage(void)
{
    fprintf(stderr,
            "usage: relay NEAR FAR [--out KEY=VALUE,…] [--back KEY=VALUE,…] [--seed N]\n");
    exit(64);
}

static void init_direction(struct direction *direction, char *options, uint64_t seed)
{
    if (path_init(&direction->path, options, seed) < 0)
        usage();
    direction->frames = frames_new(FRAMES_ON_THE_WAY);
    if (!direction->frames)
        die("memory");
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"out", required_argument, NULL, 'o'},
        {"back", required_argument, NULL, 'b'},
        {"seed", required_argument, NULL, 's'},
        {0},
    };
    char none[] = "";
    char *out_options = none, *back_options = none;
    uint64_t seed = 1;
    for (int key; (key = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (key == 'o')
            out_options = optarg;
        else if (key == 'b')
            back_options = optarg;
        else if (key == 's')
            seed = strtoull(optarg, NULL, 10);
        else
            usage();
    }
    if (argc - optind != 2)
        usage();

    struct direction out = {.name = "out"}, back = {.name = "back"};
    init_direction(&out, out_options, seed);
    init_direction(&back, back_options, ~seed);
    out.in = back.out = open_interface(argv[optind]);
    back.in = out.out = open_interface(argv[optind + 1]);
    prctl(PR_SET_TIMERSLACK, 1UL);
    puts("ready");
    fflush(stdout);

    relay_frames(&out, &back);

    putchar('{');
    print_counters(&out);
    fputs(", ", stdout);
    print_counters(&back);
    puts("}");
    frames_free(out.frames);
    frames_free(back.frames);
    return 0;
}
