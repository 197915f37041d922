/* Waivers: broken expectations that somebody has accepted until a day, and what is to be
 * said about those that expire or are of no use any more. */
#ifndef EXPECT_WAIVER_H
#define EXPECT_WAIVER_H

#include "expect/hosts.h"
#include "expect/rule.h"

#include <time.h>

/* A waiver that ends within so many days is a warning. */
enum { WAIVER_WARN_DAYS = 14 };

struct vantage;

struct waiver {
    struct waiver *next;
    struct place place;
    struct host_spec *hosts;
    size_t host_count;
    struct rule_list ports;          /* one rule, whose `named` sets say which ports */
    const struct vantage **vantages; /* from where; none: from everywhere */
    size_t vantage_count;
    const char *until;          /* "2026-12-31": the last day on which it holds, UTC */
    int64_t until_day;          /* the same in days since 1970-01-01 */
    const char *reason, *owner; /* OWNER may be NULL */
};

/* What has become of a waiver in one audit. */
struct waiver_use {
    const struct waiver *waiver;
    bool expired;
    bool applies;                /* to the host that is being judged */
    bool broken, met, undecided; /* it covered ports with such a result */
};

/* Days since 1970-01-01 of "2026-12-31", or -1 when TEXT is no such date. */
int64_t day_parse(const char *text);
int64_t day_of(struct timespec time);

/* Does WAIVER hold from VANTAGE for a host known as NAME (NULL: by its address alone)? */
bool waiver_covers(const struct waiver *waiver, const struct vantage *vantage, const char *name,
                   const struct addr *address);

/* The ports of PROTO that it covers. */
const struct portset *waiver_ports(const struct waiver *waiver, enum proto proto);

/* "edge.yml:30: the waiver of 8080 on node2.example.com (ops@example.com) WHAT", for the
 * audit's warnings. The caller frees it; NULL: no memory. */
char *waiver_say(const struct waiver *waiver, const char *what);

#endif
