/* One host of a connect audit as its files share it, made by hand: TCP ports 1, 2, 3 … and then
 * UDP port 53. For the tests of what judges and of what settles. */
#ifndef TESTS_CONNECT_WINDOW_H
#define TESTS_CONNECT_WINDOW_H

#include "scanner/connect/connect_state.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_TCP = 5, WINDOW_UDP = WINDOW_TCP, WINDOW_SLOTS_ALL };

struct window {
    struct target target;
    struct connect *connect;
    struct connect_host *host;
};

static inline struct connect_slot *window_slot(struct window *window, uint32_t index)
{
    return &window->connect->slots[index];
}

static inline bool window_open(struct window *window)
{
    const uint8_t address[4] = {192, 0, 2, 1};
    *window = (struct window){.target.address = addr_ipv4(address)};
    struct connect *connect = window->connect = calloc(1, sizeof *connect);
    if (!connect)
        return false;
    connect->options.miss = 1e-6;
    connect->counters = -1;
    connect->slots = calloc(WINDOW_SLOTS_ALL, sizeof *connect->slots);
    connect->hosts = window->host = calloc(1, sizeof *connect->hosts);
    if (!connect->slots || !connect->hosts)
        return false;
    connect->slot_count = WINDOW_SLOTS_ALL;
    connect->host_count = 1;
    *window->host = (struct connect_host){.target = &window->target,
                                          .count = WINDOW_SLOTS_ALL,
                                          .undecided = WINDOW_SLOTS_ALL,
                                          .token = -1};
    for (uint32_t i = 0; i < WINDOW_SLOTS_ALL; i++)
        connect->slots[i] = (struct connect_slot){
            .port = i < WINDOW_TCP ? (uint16_t)(i + 1) : 53,
            .proto = i < WINDOW_TCP ? PROTO_TCP : PROTO_UDP,
            .tries = 1,
        };
    return true;
}

static inline void window_close(struct window *window)
{
    connect_free(window->connect);
}

/* What a port of the window answers. */
static const struct connect_answer window_syn_ack = {
    {PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, .host_spoke = true}, .proven = true};
static const struct connect_answer window_reset = {
    {PORT_CLOSED, REASON_RESET, ORIGIN_UNKNOWN, .host_spoke = true}, .proven = true};
static const struct connect_answer window_rejected = {
    {PORT_REJECTED, REASON_ADMIN_PROHIBITED, ORIGIN_UPSTREAM, .host_spoke = false},
    .proven = true};
static const struct connect_answer window_absent = {
    {PORT_REJECTED, REASON_HOST_UNREACHABLE, ORIGIN_UPSTREAM, .maybe_absent = true},
    .proven = true};
static const struct connect_answer window_datagram = {
    {PORT_OPEN, REASON_UDP_RESPONSE, ORIGIN_HOST, .host_spoke = true}, .proven = false};

static inline void window_answer(struct window *window, uint32_t slot,
                                 const struct connect_answer *answer)
{
    const struct connect_job job = {slot, CONNECT_JOB_PORT};
    connect_note_answer(window->connect, &job, answer, 20 * NSEC_PER_MSEC);
}

/* A round in which all undecided ports were silent; COUNT controls to slot 0 were answered and
 * LOST were not, and closers were if CLOSED. */
static inline void window_silent_round(struct window *window, unsigned count, unsigned lost,
                                       bool closed)
{
    struct connect *connect = window->connect;
    const struct connect_job control = {0, CONNECT_JOB_CONTROL},
                             closer = {0, CONNECT_JOB_CLOSER};
    window->host->closed = window->host->tokens = window->host->rejected = false;
    for (uint32_t i = 0; i < WINDOW_SLOTS_ALL; i++) {
        const struct connect_job job = {i, CONNECT_JOB_PORT};
        if (!(window_slot(window, i)->flags & (CONNECT_DECIDED | CONNECT_PROVEN)))
            connect_note_silence(connect, &job);
    }
    for (unsigned i = 0; i < count; i++)
        connect_note_answer(connect, &control, &window_syn_ack, 20 * NSEC_PER_MSEC);
    for (unsigned i = 0; i < lost; i++)
        connect_note_silence(connect, &control);
    if (closed)
        connect_note_answer(connect, &closer, &window_syn_ack, 20 * NSEC_PER_MSEC);
}

#endif
