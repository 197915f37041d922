/* Packets to a classic pcap file with nanoseconds and no link layer (LINKTYPE_RAW), as
 * tcpdump and Wireshark read it. */
#ifndef SIMULATOR_PCAP_FILE_H
#define SIMULATOR_PCAP_FILE_H

#include "scanner/clock.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* NULL, with errno set: the file cannot be written. Closed with fclose(). */
FILE *sim_pcap_create(const char *path);

/* Appends one packet; a failure shows in ferror(). */
void sim_pcap_write(FILE *file, nsec_t at, const uint8_t *bytes, size_t length);

#endif
