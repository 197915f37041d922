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

/* All names, read at once: in the sandbox the database cannot be read any more. NULL: no
 * memory. */
struct service_names;
struct service_names *service_names_read(void);
void service_names_free(struct service_names *names);

/* The name of the service at PORT, or NULL when there is none. */
const char *service_names_find(const struct service_names *names, uint16_t port,
                               enum proto proto);

#endif
