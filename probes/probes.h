/* The face of probes/: what is sent, what an answer looks like, and what it means.
 *
 * Everything here is a function of its arguments: no clock, no socket, no file, and
 * nothing known of expectations. The other folders build on it; it builds on none. */
#ifndef PROBES_PROBES_H
#define PROBES_PROBES_H

#include "probes/addr.h"
#include "probes/answer.h"
#include "probes/cookie.h"
#include "probes/error.h"
#include "probes/forwarding.h"
#include "probes/origin.h"
#include "probes/packet.h"
#include "probes/portset.h"
#include "probes/signature.h"
#include "probes/state.h"
#include "probes/target.h"
#include "probes/template.h"
#include "probes/udp_probe.h"

#endif
