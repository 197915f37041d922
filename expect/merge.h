/* One audit out of several: of one policy from several vantages, or of its shards. */
#ifndef EXPECT_MERGE_H
#define EXPECT_MERGE_H

#include "expect/audit.h"
#include "probes/error.h"

/* Merges COUNT audits (at least one) into a new *MERGED, in their order. Hosts and their
 * verdicts are taken out of the AUDITS, which the caller frees as before. Where vantages
 * differ, each host says its own. 0; -EINVAL with *ERROR when a scan and a check are mixed
 * or two audits hold the same host from the same vantage (then the AUDITS are whole);
 * -ENOMEM. */
int audit_merge(struct audit **merged, struct audit *const *audits, size_t count,
                struct error *error) __attribute__((warn_unused_result));

#endif
