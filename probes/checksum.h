/* Checksums of TCP and UDP that were left to a network card.
 *
 * A packet that is captured before the card has finished its checksum, or on a virtual link
 * where nobody ever will, carries the sum of the pseudo-header alone. It knows no packets of
 * ours: any other checksum, right or wrong, is none of its business. */
#ifndef PROBES_CHECKSUM_H
#define PROBES_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is to be written over the packet to finish it. */
struct checksum_patch {
    size_t at; /* in the packet */
    uint8_t bytes[2];
};

/* Whether the checksum of the IP packet BYTES[0..LENGTH) was left unfinished; then *PATCH is
 * filled in. A packet that is not there in full cannot be finished, nor can a fragment. */
bool checksum_is_unfinished(const uint8_t *bytes, size_t length, struct checksum_patch *patch);

#endif
