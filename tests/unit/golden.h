/* Reports held against files: what a writer makes of an audit must be what
 * tests/golden/NAME says, byte for byte. With PORTVET_GOLDEN=write in the environment the
 * files are written instead, to be read and committed. */
#ifndef TESTS_UNIT_GOLDEN_H
#define TESTS_UNIT_GOLDEN_H

#include "reports/reports.h"

/* The report as a string that the caller frees. Fails the test when the writer fails. */
char *report_of(const char *format, const struct audit *audit,
                const struct report_style *style);

/* Fails the test unless the report equals the golden file. */
void assert_golden(const char *file, const char *format, const struct audit *audit,
                   const struct report_style *style);

#endif
