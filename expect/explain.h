/* Which rule decides about one port of one host, where it stands, what it accepts, and
 * what it goes before. */
#ifndef EXPECT_EXPLAIN_H
#define EXPECT_EXPLAIN_H

#include "expect/expect.h"

#include <stdio.h>

struct explain_query {
    const char *host;      /* a name or an address, as POLICY names it; nothing is resolved */
    const char *port;      /* "8080", "53/udp", "https" */
    const char *from;      /* a vantage; NULL: all that POLICY knows */
    struct timespec today; /* wall clock: which waivers hold */
    /* For policy_explain_judgement(): what was seen of the port, and at which address. */
    const struct observation *seen;
    struct addr address;
};

/* Writes the answer for a person: a paragraph for each vantage and protocol. 0; -EINVAL
 * with COMPLAINTS (no such host, port or vantage); -ENOMEM; -EIO. */
int policy_explain(const struct policy *policy, const struct explain_query *query, FILE *out,
                   struct complaints *complaints) __attribute__((warn_unused_result));

/* Writes how the rules in force judge what was seen: a line for each vantage. Returns the
 * same. */
int policy_explain_judgement(const struct policy *policy, const struct explain_query *query,
                             FILE *out, struct complaints *complaints)
    __attribute__((warn_unused_result));

/* The port that was asked for, by protocol, and with it, of a machine that runs a responder,
 * a few TCP ports that are expected open: the silence of one is proven by the answers of
 * others. */
struct explain_ports {
    struct portset asked[PROTO_COUNT], beside;
};
/* Fills *PORTS, for policy_explain_free_ports(); the same codes. */
int policy_explain_ports(const struct policy *policy, const struct explain_query *query,
                         struct explain_ports *ports, struct complaints *complaints)
    __attribute__((warn_unused_result));
void policy_explain_free_ports(struct explain_ports *ports);

#endif
