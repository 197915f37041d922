/* Evidence: every packet that left and every answer that was matched to one, in a file that
 * packet analysers read (classic pcap, nanoseconds, raw IP).
 *
 * Written as the run goes, so that what is there after a crash can be read. It knows packets
 * and time, and nothing of ports or verdicts. */
#ifndef SCANNER_EVIDENCE_H
#define SCANNER_EVIDENCE_H

#include "probes/error.h"
#include "scanner/clock.h"

#include <stddef.h>
#include <stdint.h>

struct evidence;

/* Creates or empties the file at PATH. NULL with *ERROR when it cannot be written or memory
 * is short. */
struct evidence *evidence_open(const char *path, struct error *error);

/* Appends a packet. AT is on the network's clock; the first one says what that is in wall
 * clock time. BYTES may be cut by the capture; a checksum that was left to a network card
 * (checksum.h) is written finished. A failure is kept for evidence_close(). */
void evidence_add(struct evidence *evidence, nsec_t at, const uint8_t *bytes, size_t length);

/* Completes the file and frees EVIDENCE (may be NULL). 0, or -errno with *ERROR when
 * something could not be written. */
int evidence_close(struct evidence *evidence, struct error *error);

#endif
