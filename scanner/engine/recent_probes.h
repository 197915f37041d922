/* The latest TCP probes by their sequence numbers, for answers that name another place than
 * their probe went to.
 *
 * It is a table with one place for each value of some bits of the sequence number, where the
 * latest probe overwrites those before: looking one up gives at most one candidate, so that
 * no flood of forgeries costs more than that. It proves nothing: who looks something up has
 * to make the cookie of the candidate. */
#ifndef SCANNER_RECENT_PROBES_H
#define SCANNER_RECENT_PROBES_H

#include <stddef.h>
#include <stdint.h>

/* Places of the largest table: three megabytes. */
enum { RECENT_PROBES_MOST = 1 << 18 };

struct recent_probe {
    uint32_t host, slot;
    uint32_t try; /* 0: there is none */
};

struct recent_probes {
    struct recent_probe *places; /* owned */
    uint32_t mask;
};

/* Makes room for audits of so many PORTS. 0 or -ENOMEM. */
int recent_probes_init(struct recent_probes *recent, uint64_t ports)
    __attribute__((warn_unused_result));
void recent_probes_free(struct recent_probes *recent);

/* Notes the IP packet PACKET, a probe of ours, if it is TCP. */
void recent_probes_note(struct recent_probes *recent, const uint8_t *packet,
                        struct recent_probe probe);

/* The one probe that may have had SEQUENCE; its try is 0 when there is none. */
struct recent_probe recent_probes_find(const struct recent_probes *recent, uint32_t sequence);

#endif
