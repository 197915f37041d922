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
report_write_fn tap_write;
report_write_fn nagios_write;
report_write_fn prometheus_write;
report_write_fn sarif_write;
report_write_fn github_write;
report_write_fn markdown_write;
report_write_fn csv_write;
report_write_fn nmap_write;
report_write_fn html_write;

/* As report_writer.exit_code says. */
int nagios_exit_code(const struct audit *audit);
/* As report_writer.fail says. */
int nagios_fail(const char *why, FILE *out);

#endif
