/* Time as a number: nanoseconds since some start, never the wall clock. */
#ifndef SCANNER_CLOCK_H
#define SCANNER_CLOCK_H

#include <stdint.h>

typedef int64_t nsec_t;

#define NSEC_PER_USEC INT64_C(1000)
#define NSEC_PER_MSEC INT64_C(1000000)
#define NSEC_PER_SEC  INT64_C(1000000000)
#define NSEC_NEVER    INT64_MAX

#endif
