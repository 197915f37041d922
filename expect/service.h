/* Service names, from the system's service database (services(5)). */
#ifndef EXPECT_SERVICE_H
#define EXPECT_SERVICE_H

#include "expect/suggest.h"
#include "probes/state.h"

#include <stddef.h>
#include <stdint.h>

enum { SERVICE_NAME_SIZE = 64 };

/* Offers the services of PROTO; the best is copied into BEST, which must live as long as
 * the suggestion. */
void service_suggest(struct suggestion *suggestion, enum proto proto,
                     char best[static SERVICE_NAME_SIZE]);

/* The port of service NAME on PROTO, or -1 when there is none. */
int service_port(const char *name, enum proto proto);

/* Writes the name of the service at PORT into NAME, cut to SIZE; "" when there is none. */
void service_name(uint16_t port, enum proto proto, char *name, size_t size);

#endif
