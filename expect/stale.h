/* What a policy says about hosts and ports of which it expects nothing: waivers and
 * responders that were left behind when rules went. */
#ifndef EXPECT_STALE_H
#define EXPECT_STALE_H

#include "expect/policy.h"

/* May SPEC be one of the hosts of POLICY? An address that no line names may be that of a
 * name. */
bool policy_may_audit(const struct policy *policy, const struct host_spec *spec);

/* What the waiver is for, if on SPEC, one of its hosts, it can never cover anything: "no
 * host of these files"; NULL: it may. */
const char *waiver_fault(const struct policy *policy, const struct waiver *waiver,
                         const struct host_spec *spec);

#endif
