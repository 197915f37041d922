/* The face of reports/: an audit in, bytes out.
 *
 * One file per format, behind one table of writers. A writer sees the finished audit and
 * a stream; it knows nothing of packets or of how anything was measured. Files are
 * written whole or not at all. */
#ifndef REPORTS_REPORTS_H
#define REPORTS_REPORTS_H

#include "expect/audit.h"
#include "probes/error.h"

#include <stdio.h>

/* How a report will be looked at. */
struct report_style {
    bool color;       /* ANSI colours may be used */
    unsigned columns; /* width of the terminal; 0: not a terminal */
    bool verbose;     /* -v: met expectations one by one too */
};

struct report_writer {
    const char *name;        /* "json", as in -o json */
    const char *description; /* one line for --help */
    /* Writes the whole report. 0, or -EIO / -ENOMEM with *ERROR. */
    int (*write)(const struct audit *audit, const struct report_style *style, FILE *out,
                 struct error *error);
    /* The exit code that takes the place of the usual one when this report goes to
     * standard output; NULL: the usual one stands. */
    int (*exit_code)(const struct audit *audit);
    /* Where there is an exit_code: says on OUT that the run failed, and WHY (a phrase), and
     * returns the exit code. */
    int (*fail)(const char *why, FILE *out);
};

/* Does what takes files that a sandbox refuses later: reads the time zone, and the chance
 * that tables are seeded with. To be called before the walls stand. */
void reports_prepare(void);

/* The table, in the order of --help; *COUNT rows. */
const struct report_writer *report_writers(size_t *count);
const struct report_writer *report_writer_find(const char *name); /* NULL: no such format */

/* A report that has been asked for: -o FORMAT[=PATH]. */
struct report_request {
    const struct report_writer *writer;
    const char *path; /* NULL: standard output */
};

/* Reads "junit=audit.xml". 0, or -EINVAL with *ERROR (unknown format, with a "did you
 * mean"; empty path). PATH points into TEXT. */
int report_request_parse(struct report_request *request, const char *text, struct error *error)
    __attribute__((warn_unused_result));

/* A file that will hold a report, opened before the scan starts and before privileges are
 * given up, so that a wrong path is found at once. */
struct report_sink;

/* Opens the directory of PATH (NULL: standard output) and checks that a temporary file
 * can be made there. A device or a pipe at PATH is written to; a symbolic link to a file is
 * followed. Whoever writes later needs the right to make files in the directory. NULL with
 * *ERROR: what failed, on what path. */
struct report_sink *report_sink_open(const char *path, struct error *error);

/* Writes the report whole: temporary file in the same directory, fsync, rename. On any
 * failure the older file stays as it was, nothing is left behind, and *ERROR names the path
 * and the cause. 0 or -errno. */
int report_sink_write(struct report_sink *sink, const struct report_writer *writer,
                      const struct audit *audit, const struct report_style *style,
                      struct error *error) __attribute__((warn_unused_result));
void report_sink_free(struct report_sink *sink);

/* The directory that the sink makes files in, as a descriptor that stays the sink's, for
 * a sandbox that must allow it; -1: standard output, a device or a pipe. */
int report_sink_directory(const struct report_sink *sink);

/* Reads an audit back from a JSON report. 0, -EINVAL (no portvet JSON, or of a schema
 * that this version does not know) or -ENOMEM, with *ERROR. */
int audit_read_json(struct audit **audit, const char *path, struct error *error)
    __attribute__((warn_unused_result));

#endif
