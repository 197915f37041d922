/* Probes built by hand and answers read by hand, for tests of the simulator itself. */
#ifndef SIMULATOR_HAND_H
#define SIMULATOR_HAND_H

#include "tests/simulator/simulator.h"

struct hand_probe {
    const char *target;
    uint8_t protocol; /* SIM_TCP, …; echo: SIM_ICMP for both families */
    uint16_t source_port, port;
    uint32_t sequence;
    bool md5;            /* TCP: with an MD5 option */
    bool bad_offset;     /* TCP: with a data offset that points behind the packet */
    bool bad_length;     /* UDP: with a length field that lies */
    const char *payload; /* UDP */
};

/* Writes the packet into BYTES (room for SIM_PACKET_MAX) and returns its length. */
size_t hand_write(const struct hand_probe *probe, uint8_t *bytes);

/* An answer: header fields in host order. */
struct hand_answer {
    nsec_t at;
    struct addr from;
    uint8_t protocol, ttl, tos, flags, type, code;
    uint16_t from_port, to_port;
    uint32_t sequence, acknowledgement;
    const uint8_t *body; /* of UDP and ICMP: what follows the header */
    size_t body_length;
    uint8_t bytes[SIM_PACKET_MAX];
    size_t length;
};

enum { HAND_ANSWERS_MAX = 64 };

struct hand {
    struct net *net;
    struct hand_answer answers[HAND_ANSWERS_MAX];
    size_t count; /* of all that came; those over HAND_ANSWERS_MAX are not kept */
};

/* Opens the network of CONFIG, which must be right. */
void hand_open(struct hand *hand, const struct sim_config *config);
void hand_close(struct hand *hand);

/* Sends one probe; 0 or what it failed with. */
int hand_send(struct hand *hand, const struct hand_probe *probe);

/* Forgets earlier answers and waits for TIME; returns how many came. */
size_t hand_wait(struct hand *hand, nsec_t time);

/* Sends PROBE and waits a second. The one answer that must come; or, hand_ask_none(),
 * none must. */
const struct hand_answer *hand_ask(struct hand *hand, const struct hand_probe *probe);
void hand_ask_none(struct hand *hand, const struct hand_probe *probe);

/* The address of TEXT, which must be one. */
struct addr hand_address(const char *text);

#endif
