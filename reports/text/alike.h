/* Neighbours of which a scan says the same: hosts with addresses in a row, named by nothing but
 * these, with the same findings and no open port. A network of dropped or unused addresses is
 * one paragraph then. */
#ifndef REPORTS_TEXT_ALIKE_H
#define REPORTS_TEXT_ALIKE_H

#include "expect/audit.h"

#include <stddef.h>

/* How many hosts from FIRST on are alike: at least 1, itself. */
size_t alike_count(const struct audit *audit, size_t first);

#endif
