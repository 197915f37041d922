/* A set of port numbers, 0 to 65535, kept as sorted ranges that neither touch nor overlap.
 *
 * Small where most sets are small (a rule, a verdict) and cheap to walk in order. It
 * knows no protocol and no service names. A zeroed struct is the empty set. */
#ifndef PROBES_PORTSET_H
#define PROBES_PORTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port_range {
    uint16_t first, last; /* both included, first <= last */
};

struct portset {
    struct port_range *ranges; /* owned */
    size_t count, capacity;
};

void portset_free(struct portset *set); /* leaves the empty set */

/* Each returns 0, or -ENOMEM with the set unchanged. */
int portset_add(struct portset *set, uint16_t first, uint16_t last)
    __attribute__((warn_unused_result));
int portset_add_set(struct portset *set, const struct portset *other)
    __attribute__((warn_unused_result));
int portset_remove_set(struct portset *set, const struct portset *other)
    __attribute__((warn_unused_result));
/* Keeps what is in OTHER too. */
int portset_intersect(struct portset *set, const struct portset *other)
    __attribute__((warn_unused_result));
int portset_copy(struct portset *to,
                 const struct portset *from) /* TO is overwritten, not freed */
    __attribute__((warn_unused_result));

bool portset_has(const struct portset *set, uint16_t port);
bool portset_equal(const struct portset *a, const struct portset *b);
bool portset_overlaps(const struct portset *a, const struct portset *b);
uint32_t portset_size(const struct portset *set); /* 0 to 65536 */

/* The INDEX-th port in ascending order; INDEX must be below portset_size(). */
uint16_t portset_nth(const struct portset *set, uint32_t index);
/* The reverse of portset_nth(): the rank of PORT, or -1 when it is not in the set. */
int32_t portset_rank(const struct portset *set, uint16_t port);

/* Reads "22,80-90,443" (numbers and ranges only, at least one, no spaces). SET is overwritten,
 * not freed. Returns 0, or -EINVAL or -ENOMEM with the empty set. */
int portset_parse(struct portset *set, const char *text) __attribute__((warn_unused_result));

/* "22,80-90,443" as a string that the caller frees; "" for the empty set; NULL: no memory. */
char *portset_format(const struct portset *set);

#endif
