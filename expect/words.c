#include "expect/words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(REASON_COUNT <= 64, "struct states keeps a bit for each reason");

#define STATE(name) (1U << PORT_##name)

/* On UDP a drop is seen as silence, so whatever accepts a drop accepts silence too. A
 * signed responder at the other end makes UDP drops certain, hence PORT_DROPPED there. */
static const struct word_row {
    const char *name;
    unsigned accepts[PROTO_COUNT];
} rows[WORD_COUNT] = {
    [WORD_OPEN] = {"open", {STATE(OPEN), STATE(OPEN)}},
    [WORD_CLOSED] = {"closed", {STATE(CLOSED), STATE(CLOSED)}},
    [WORD_REJECTED] = {"rejected", {STATE(REJECTED), STATE(REJECTED)}},
    [WORD_DROPPED] = {"dropped", {STATE(DROPPED), STATE(DROPPED) | STATE(SILENT)}},
    [WORD_SILENT] = {"silent", {0, STATE(SILENT)}},
    [WORD_FILTERED] = {"filtered",
                       {STATE(REJECTED) | STATE(DROPPED),
                        STATE(REJECTED) | STATE(DROPPED) | STATE(SILENT)}},
    [WORD_REFUSED] = {"refused",
                      {STATE(CLOSED) | STATE(REJECTED), STATE(CLOSED) | STATE(REJECTED)}},
    [WORD_NOT_OPEN] = {"not open",
                       {STATE(CLOSED) | STATE(REJECTED) | STATE(DROPPED),
                        STATE(CLOSED) | STATE(REJECTED) | STATE(DROPPED) | STATE(SILENT)}},
};

const char *word_name(enum word word)
{
    return rows[word].name;
}

int word_from_name(const char *name)
{
    for (int i = 0; i < WORD_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return i;
    }
    return -1;
}

void word_suggest(struct suggestion *suggestion)
{
    for (int i = 0; i < WORD_COUNT; i++)
        suggestion_offer(suggestion, rows[i].name);
}

/* Can a port be rejected for REASON? By a RST, by some ICMP error, or by so many of them
 * that not every port's was seen. */
static bool is_rejection(enum reason reason)
{
    if (reason == REASON_RESET || reason == REASON_PORT_UNREACHABLE ||
        reason == REASON_RATE_LIMITED)
        return true;
    size_t count;
    const struct icmp_row *icmp = answer_icmp_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (icmp[i].reason == reason &&
            (icmp[i].tcp == PORT_REJECTED || icmp[i].udp == PORT_REJECTED))
            return true;
    }
    return false;
}

int rejection_from_name(const char *name)
{
    int reason = reason_from_name(name);
    return reason >= 0 && is_rejection((enum reason)reason) ? reason : -1;
}

void rejection_suggest(struct suggestion *suggestion)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (is_rejection((enum reason)i))
            suggestion_offer(suggestion, reason_name((enum reason)i));
    }
}

/* The states accepted on PROTO, and in *REASONS those for which rejected is. */
static unsigned accepted(const struct states *states, enum proto proto, uint64_t *reasons)
{
    unsigned mask = 0;
    for (int i = 0; i < WORD_COUNT; i++) {
        if (states->words & 1U << i)
            mask |= rows[i].accepts[proto];
    }
    *reasons = mask & STATE(REJECTED) ? UINT64_MAX : states->reasons;
    return *reasons ? mask | STATE(REJECTED) : mask;
}

bool states_accept(const struct states *states, enum proto proto, enum port_state state,
                   enum reason reason)
{
    uint64_t reasons;
    if (!(accepted(states, proto, &reasons) & 1U << state))
        return false;
    return state != PORT_REJECTED || (reasons & UINT64_C(1) << reason);
}

bool states_possible(const struct states *states, enum proto proto)
{
    uint64_t reasons;
    return accepted(states, proto, &reasons) != 0;
}

bool states_equal(const struct states *a, const struct states *b, enum proto proto)
{
    uint64_t a_reasons, b_reasons;
    return accepted(a, proto, &a_reasons) == accepted(b, proto, &b_reasons) &&
           a_reasons == b_reasons;
}

static void put_states(FILE *out, const struct states *states)
{
    const char *separator = "";
    for (int i = 0; i < WORD_COUNT; i++) {
        if (states->words & 1U << i) {
            fprintf(out, "%s%s", separator, rows[i].name);
            separator = " or ";
        }
    }
    for (int i = 0; i < REASON_COUNT; i++) {
        if (states->reasons & UINT64_C(1) << i) {
            fprintf(out, "%srejected(%s)", separator, reason_name((enum reason)i));
            separator = " or ";
        }
    }
}

char *states_format(const struct states *states)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    put_states(out, states);
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
