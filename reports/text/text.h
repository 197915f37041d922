/* The parts of the text report. */
#ifndef REPORTS_TEXT_TEXT_H
#define REPORTS_TEXT_TEXT_H

#include "reports/text/page.h"

/* All findings with RESULT, host by host; hosts of which the same is to be said are named
 * together. HEADING comes before them and an empty line after them; false: there were none,
 * and nothing was written. */
bool text_findings(struct page *page, const struct audit *audit, enum result result,
                   const char *heading);

/* A line for each host: name, address, result, how many ports are what. */
void text_hosts(struct page *page, const struct audit *audit);

/* A table for each host of a scan. */
void text_scan(struct page *page, const struct audit *audit);

#endif
