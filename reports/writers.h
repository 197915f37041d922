/* The rows of the table of writers: one function a format. Each writes the whole report
 * as report_writer.write says. */
#ifndef REPORTS_WRITERS_H
#define REPORTS_WRITERS_H

#include "reports/reports.h"

typedef int report_write_fn(const struct audit *audit, const struct report_style *style,
                            FILE *out, struct error *error);

report_write_fn text_write;
report_write_fn json_write;
report_write_fn junit_write;

#endif
