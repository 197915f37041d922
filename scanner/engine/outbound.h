/* Audits of what may go out: what is said of targets that run a responder.
 *
 * Only what the responder signed comes from it. Whatever else arrives in its name (the RST
 * or port-unreachable of its machine's own stack, which goes out beside the signed answer,
 * or a firewall's on the way) is hearsay: it is held until it is as certain as any silence
 * that no signed answer comes. Then the probe did not get there, and somebody on the way
 * refused it. Private to the engine's files. */
#ifndef SCANNER_OUTBOUND_H
#define SCANNER_OUTBOUND_H

#include "scanner/engine/host.h"
#include "scanner/engine/probe_maker.h"

/* Reads an answer to PROBE as answer_read() does, but believes only a signed one to be the
 * responder's own. */
bool outbound_read(const struct probe_maker *maker, struct host *host,
                   const struct probe_address *probe, const struct reply *reply,
                   struct answer *answer);

/* True for answers that are to be held; false for signed ones, and for those in which a
 * firewall says no in its own name. */
bool outbound_is_hearsay(const struct host *host, const struct reply *reply,
                         const struct answer *answer);

/* True while hearsay is all that is known of SLOT. */
bool outbound_is_held(const struct host *host, const struct slot *slot);

/* True when ICMP errors from this address are known to be the responder's own machine's. */
bool outbound_is_beside(const struct host *host, const struct addr *from);

/* ANSWER takes the place of what was held before, the signature of that number (0: none). If
 * it is signed, who said no before was the responder's own machine, whose limits on ICMP say
 * nothing of the way. */
void outbound_unmask(struct host *host, uint8_t held, const struct answer *answer);

/* SLOT was refused by ICMP, in a batch that counts, and no signed answer came. Tells whether
 * that is certain: if who refused it were the responder's own machine, NEEDED ports in a row
 * would not all have lost their signed answers. */
bool outbound_is_refused(struct host *host, const struct slot *slot, unsigned needed);

/* A probe of SLOT, or a control probe (CONTROL), was refused by this machine. True when its
 * own firewall did it, which decides the slot. */
bool outbound_refused(struct host *host, uint32_t slot, bool control, int error);

/* Turns an answer that is decided into what it says about the way out. */
void outbound_settle(const struct host *host, struct observation *seen);

/* True while nothing shows that tagged SYNs get through where others do: a firewall may hold
 * their MD5 option against them, and their silence proves nothing. */
bool outbound_is_unproven(const struct host *host, enum proto proto);

/* Why nothing is known of a target that has not answered. */
enum reason outbound_absence(const struct host *host);

#endif
