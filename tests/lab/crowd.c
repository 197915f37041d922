/* Hosts by the thousand, for measurements: answers each TCP SYN that comes in by INTERFACE for
 * an address of BLOCK with the RST of a stack on which nobody listens (RFC 9293, 3.10.7.1).
 *
 *   crowd INTERFACE BLOCK/BITS
 *
 * The kernel could do the same, but would do it on the core of whoever sends the SYN, at the
 * sender's cost; other machines have cores of their own, and this process has. IPv4 over
 * Ethernet only. Says "ready" when it runs, and ends when standard input does. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The ring that the kernel writes frames into (packet_mmap.rst): blocks of so many bytes. */
enum {
    SLOT_SIZE = 256,
    BLOCK_SIZE = 1 << 20,
    BLOCKS = 32,
    SLOTS = BLOCKS * (BLOCK_SIZE / SLOT_SIZE)
};
enum { BATCH = 64, TTL = 64 };

/* Where things are in a frame without IP options (RFC 791, RFC 9293). */
enum {
    MAC_SIZE = 6,
    IP = ETHER_HDR_LEN,
    AT_LENGTH = IP + 2,
    AT_HOPS = IP + 8,
    AT_PROTOCOL = IP + 9,
    AT_IP_CHECKSUM = IP + 10,
    AT_SOURCE = IP + 12,
    AT_TARGET = IP + 16,
    TCP = IP + 20,
    AT_SEQUENCE = TCP + 4,
    AT_ACKNOWLEDGED = TCP + 8,
    AT_OFFSET = TCP + 12,
    AT_FLAGS = TCP + 13,
    AT_TCP_CHECKSUM = TCP + 16,
    ANSWER_SIZE = TCP + 20,
};

struct block {
    uint32_t network, mask;
};

static void die(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t kept[MAC_SIZE];
    memcpy(kept, a, size);
    memcpy(a, b, size);
    memcpy(b, kept, size);
}

/* RFC 1071, over an even number of bytes. */
static uint32_t add_up(uint32_t sum, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return sum;
}

static uint32_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static bool is_question(const uint8_t *frame, size_t length, const struct block *block)
{
    return length >= ANSWER_SIZE && frame[12] == 0x08 && frame[13] == 0x00 &&
           frame[IP] == 0x45 && frame[AT_PROTOCOL] == IPPROTO_TCP &&
           frame[AT_FLAGS] == TH_SYN &&
           (get32(frame + AT_TARGET) & block->mask) == block->network;
}

/* The question becomes its answer; the TOS stays what it was, as Linux has it. */
static void turn_round(uint8_t *frame)
{
    swap(frame, frame + MAC_SIZE, MAC_SIZE);
    swap(frame + AT_SOURCE, frame + AT_TARGET, 4);
    swap(frame + TCP, frame + TCP + 2, 2);
    put16(frame + AT_LENGTH, ANSWER_SIZE - IP);
    put32(frame + AT_LENGTH + 2, (uint32_t)IP_DF); /* and identification 0 */
    frame[AT_HOPS] = TTL;
    put16(frame + AT_IP_CHECKSUM, 0);
    put16(frame + AT_IP_CHECKSUM, checksum(add_up(0, frame + IP, TCP - IP)));
    put32(frame + AT_ACKNOWLEDGED, get32(frame + AT_SEQUENCE) + 1);
    put32(frame + AT_SEQUENCE, 0);
    frame[AT_OFFSET] = 5 << 4;
    frame[AT_FLAGS] = TH_RST | TH_ACK;
    memset(frame + AT_FLAGS + 1, 0, ANSWER_SIZE - AT_FLAGS - 1);
    uint32_t pseudo = add_up(IPPROTO_TCP + ANSWER_SIZE - TCP, frame + AT_SOURCE, 8);
    put16(frame + AT_TCP_CHECKSUM, checksum(add_up(pseudo, frame + TCP, ANSWER_SIZE - TCP)));
}

struct ring {
    int fd;
    uint8_t *slots;
    unsigned next;
};

static struct ring open_interface(const char *name)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    const int one = 1, version = TPACKET_V2;
    const struct tpacket_req size = {BLOCK_SIZE, BLOCKS, SLOT_SIZE, SLOTS};
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &size, sizeof size) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        die(name);
    void *slots =
        mmap(NULL, (size_t)BLOCKS * BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (slots == MAP_FAILED)
        die(name);
    return (struct ring){.fd = fd, .slots = slots};
}

static struct tpacket2_hdr *slot_at(const struct ring *ring, unsigned ahead)
{
    void *slot = ring->slots + (size_t)((ring->next + ahead) % SLOTS) * SLOT_SIZE;
    return slot;
}

static void send_all(int fd, struct mmsghdr *messages, unsigned count)
{
    for (unsigned done = 0; done < count;) {
        int sent = sendmmsg(fd, messages + done, count - done, 0);
        if (sent > 0)
            done += (unsigned)sent;
        else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            die("send");
    }
}

static bool is_filled(struct tpacket2_hdr *slot)
{
    return __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

/* Answers what is there, up to a batch of it, where it lies; false: nothing was. */
static bool answer_batch(struct ring *ring, const struct block *block)
{
    struct mmsghdr out[BATCH] = {0};
    struct iovec answers[BATCH];
    unsigned count = 0, answered = 0;
    for (; count < BATCH && is_filled(slot_at(ring, count)); count++) {
        struct tpacket2_hdr *slot = slot_at(ring, count);
        uint8_t *frame = (uint8_t *)slot + slot->tp_mac;
        if (!is_question(frame, slot->tp_snaplen, block))
            continue;
        turn_round(frame);
        answers[answered] = (struct iovec){frame, ANSWER_SIZE};
        out[answered].msg_hdr.msg_iov = &answers[answered];
        out[answered++].msg_hdr.msg_iovlen = 1;
    }
    send_all(ring->fd, out, answered);
    for (unsigned i = 0; i < count; i++)
        __atomic_store_n(&slot_at(ring, i)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    ring->next = (ring->next + count) % SLOTS;
    return count > 0;
}

int main(int argc, char **argv)
{
    struct in_addr network;
    char *bits = argc == 3 ? strchr(argv[2], '/') : NULL;
    if (!bits || (*bits = '\0', inet_pton(AF_INET, argv[2], &network) != 1)) {
        fprintf(stderr, "usage: crowd INTERFACE BLOCK/BITS\n");
        return 64;
    }
    unsigned length = (unsigned)strtoul(bits + 1, NULL, 10);
    const struct block block = {ntohl(network.s_addr),
                                length == 0 ? 0 : UINT32_MAX << (32 - length)};
    struct ring ring = open_interface(argv[1]);
    puts("ready");
    fflush(stdout);
    struct pollfd fds[] = {{STDIN_FILENO, 0, 0}, {ring.fd, POLLIN, 0}};
    char line[64];
    if (!fgets(line, sizeof line, stdin)) /* what processes.py says to each program */
        return 0;
    while (!(fds[0].revents & (POLLHUP | POLLERR))) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die("poll");
        while (answer_batch(&ring, &block))
            continue;
    }
    return 0;
}
