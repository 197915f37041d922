/* A scan turned into expectations: a file that holds what was found, for a person to
 * review. It knows how rules are written, and nothing of how the scan was made. */
#ifndef EXPECT_LEARN_H
#define EXPECT_LEARN_H

#include "expect/audit.h"
#include "expect/service.h"

#include <stdio.h>

/* Writes an expectations file that a host of AUDIT meets as long as it stays as it is:
 * ports of one state folded into one rule, `others` for the most frequent state where all
 * ports were scanned, hosts with the same rules as a group, services by their NAMES as
 * comments. What is not known is a comment. 0, -ENOMEM or -EIO. */
int learn_write(const struct audit *audit, const struct service_names *names, FILE *out)
    __attribute__((warn_unused_result));

/* The rules of one host, one list item a line; "" when nothing is known. The caller frees
 * it; NULL: no memory. For learn.c. */
char *learn_rules(const struct host_verdicts *host, const struct service_names *names);

#endif
