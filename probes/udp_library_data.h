/* The files of probes/library, compiled in as they are, sorted by name. Whoever needs the
 * library reads them with expect/probe_file.h. */
#ifndef PROBES_UDP_LIBRARY_DATA_H
#define PROBES_UDP_LIBRARY_DATA_H

#include <stddef.h>

struct udp_library_file {
    const char *name; /* "dns.yml" */
    const char *text; /* terminated, LENGTH bytes */
    size_t length;
};

extern const struct udp_library_file udp_library_files[];
extern const size_t udp_library_file_count;

#endif
