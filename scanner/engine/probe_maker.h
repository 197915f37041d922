/* Probes for the engine: which template a port's probe comes from and which cookie
 * fields it carries. The same fields, made again from the key, recognise its answer. */
#ifndef SCANNER_PROBE_MAKER_H
#define SCANNER_PROBE_MAKER_H

#include "probes/probes.h"

struct probe_maker;

/* Bytes of the largest transaction id in a UDP payload. */
enum { TRANSACTION_MAX = 32 };

/* Tries of a port count from 1; control probes and twins number theirs from here, so that
 * their answers can be told apart. */
enum { TRY_CONTROL = 0x10000, TRY_KIND = 0x1000000 }; /* TRY_KIND: between kinds of controls */

/* The malformed twins are thrown away by stacks and rejected by firewalls; origin.h has what
 * follows from that. */
enum probe_form {
    PROBE_PLAIN,
    PROBE_TWIN,       /* TCP: a SYN with an MD5 option; UDP: with a wrong length */
    PROBE_BAD_OFFSET, /* TCP: a SYN with a wrong data offset */
    PROBE_FORM_COUNT,
};

/* One probe to be made or recognised. */
struct probe_address {
    const struct addr *source, *target;
    enum proto proto;
    uint16_t port;
    uint32_t try;
    uint32_t turn;                         /* UDP: which question; see udp_library_in_turn() */
    const struct responder_key *responder; /* NULL: an ordinary probe */
};

/* KEY and LIBRARY are borrowed; LIBRARY may be NULL. NULL with *ERROR: no memory. */
struct probe_maker *probe_maker_new(const struct cookie_key *key,
                                    const struct udp_library *library,
                                    uint16_t source_port_first, uint16_t source_port_count,
                                    struct error *error);
void probe_maker_free(struct probe_maker *maker);

/* The source port of a probe: another one for each try, so that a half-open connection of an
 * earlier try cannot answer in place of the port. */
uint16_t probe_maker_source_port(const struct probe_maker *maker,
                                 const struct probe_address *probe);

/* The cookie of a probe sent from SOURCE_PORT. */
struct cookie probe_maker_cookie(const struct probe_maker *maker,
                                        const struct probe_address *probe,
                                        uint16_t source_port);

/* The time, as time(2) has it, that tags for responders are made with from now on. */
void probe_maker_set_time(struct probe_maker *maker, int64_t seconds);

/* Writes the packet (room for PACKET_SIZE_MAX) and returns its length. */
size_t probe_maker_write(struct probe_maker *maker, const struct probe_address *probe,
                         enum probe_form form, uint8_t *packet);

/* An echo request whose identifier and sequence number come from the cookie of TRY. */
struct echo_ids {
    uint16_t identifier, sequence;
};
struct echo_ids probe_maker_echo_ids(const struct probe_maker *maker,
                                     const struct probe_address *probe);
size_t probe_maker_write_echo(struct probe_maker *maker, const struct probe_address *probe,
                              uint8_t *packet);

/* Whether a UDP answer to PROBE (sent from its own source port) proves that it saw the
 * probe, by the transaction id that it repeats. */
enum udp_match probe_maker_match_udp(const struct probe_maker *maker,
                                     const struct probe_address *probe,
                                     const struct reply *reply);

/* Whether the responder signed this answer to PROBE, whose cookie has been found right. */
bool probe_maker_is_signed(const struct probe_maker *maker, const struct probe_address *probe,
                           const struct reply *reply);

#endif
