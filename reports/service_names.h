/* The usual names of the ports that are met most, as in IANA's registry of service names
 * and port numbers (RFC 6335). A table of our own: the system's database cannot be read
 * inside the sandbox, and a report must not depend on where it is written. */
#ifndef REPORTS_SERVICE_NAMES_H
#define REPORTS_SERVICE_NAMES_H

#include "probes/state.h"

#include <stdint.h>

/* "https"; NULL for a port that is not in the table. */
const char *service_usual_name(uint16_t port, enum proto proto);

#endif
