#include "audit_fixture.h"
#include "reports/reports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct report_style style = {0};

struct place {
    char directory[64], file[96];
    struct audit *audit;
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "/tmp/portvet-test-XXXXXX");
    if (!place || !mkdtemp(place->directory))
        return -1;
    snprintf(place->file, sizeof place->file, "%s/report", place->directory);
    place->audit = fixture_met();
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    audit_free(place->audit);
    int status = rmdir(place->directory);
    free(place);
    return status; /* fails when anything was left behind */
}

static int fail_half_way(const struct audit *audit, const struct report_style *how, FILE *out,
                         struct error *error)
{
    (void)audit;
    (void)how;
    fputs("half a report", out);
    return error_set(error, -ENOMEM, "out of memory");
}
static const struct report_writer failing = {.name = "failing", .write = fail_half_way};

static int write_path(const char *path, const struct report_writer *writer,
                      const struct audit *audit, struct error *error)
{
    struct report_sink *sink = report_sink_open(path, error);
    if (!sink)
        return -1;
    int status = report_sink_write(sink, writer, audit, &style, error);
    report_sink_free(sink);
    return status;
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void assert_begins(const char *path, const char *beginning)
{
    char text[16] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_memory_equal(text, beginning, strlen(beginning));
}

static void a_report_replaces_the_older_one_and_keeps_its_mode(void **state)
{
    struct place *place = *state;
    put_file(place->file, "older");
    assert_int_equal(chmod(place->file, 0600), 0);
    assert_int_equal(write_path(place->file, report_writer_find("text"), place->audit, NULL),
                     0);
    assert_begins(place->file, "203.0.113.10");
    struct stat found;
    assert_int_equal(stat(place->file, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void a_writer_that_fails_leaves_the_older_report_whole(void **state)
{
    struct place *place = *state;
    struct error error;
    put_file(place->file, "older");
    assert_int_equal(write_path(place->file, &failing, place->audit, &error), -ENOMEM);
    assert_begins(place->file, "older");
    assert_non_null(strstr(error.text, place->file));
    assert_non_null(strstr(error.text, "out of memory"));
}

static void opening_leaves_nothing_behind(void **state)
{
    struct place *place = *state;
    struct report_sink *sink = report_sink_open(place->file, NULL);
    assert_non_null(sink);
    assert_int_equal(access(place->file, F_OK), -1);
    assert_true(report_sink_directory(sink) >= 0);
    report_sink_free(sink);
}

static void the_directory_is_kept_when_the_process_moves(void **state)
{
    struct place *place = *state;
    char before[256];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(place->directory), 0);
    struct report_sink *sink = report_sink_open("report", NULL);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(
        report_sink_write(sink, report_writer_find("text"), place->audit, &style, NULL), 0);
    assert_int_equal(chdir(before), 0);
    report_sink_free(sink);
    assert_begins(place->file, "203.0.113.10");
}

static void a_link_to_a_file_stays_a_link(void **state)
{
    struct place *place = *state;
    char link[128];
    snprintf(link, sizeof link, "%s/link", place->directory);
    put_file(place->file, "older");
    assert_int_equal(symlink("report", link), 0);
    assert_int_equal(write_path(link, report_writer_find("text"), place->audit, NULL), 0);
    struct stat found;
    assert_int_equal(lstat(link, &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    assert_begins(place->file, "203.0.113.10");
    unlink(link);
}

/* Paths where no report can be, and what must be said. */
static const struct refusal {
    const char *path, *said;
} refusals[] = {
    {"/tmp", "cannot write /tmp: Is a directory"},
    {"/tmp/", "cannot write /tmp/: Is a directory"},
    {"/nowhere/report", "cannot write /nowhere/report: No such file or directory"},
    {"/dev/null/report", "cannot write /dev/null/report: Not a directory"},
    {"/proc/report", "cannot write /proc/report: No such file or directory"},
};

static void a_path_that_cannot_be_is_refused_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct error error = {{0}};
        assert_null(report_sink_open(refusals[i].path, &error));
        assert_string_equal(error.text, refusals[i].said);
    }
}

static void a_directory_without_permission_is_refused_at_once(void **state)
{
    struct place *place = *state;
    struct error error = {{0}};
    assert_int_equal(chmod(place->directory, 0500), 0);
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0); /* root may write everywhere */
    struct report_sink *sink = report_sink_open(place->file, &error);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(place->directory, 0700), 0);
    assert_null(sink);
    assert_non_null(strstr(error.text, "Permission denied"));
}

static void a_full_device_is_an_error_with_its_cause(void **state)
{
    struct place *place = *state;
    struct error error;
    assert_int_equal(write_path("/dev/full", report_writer_find("text"), place->audit, &error),
                     -ENOSPC);
    assert_string_equal(error.text, "cannot write /dev/full: No space left on device");
    assert_int_equal(access("/dev/full", W_OK), 0);
}

/* Runs the report onto a standard output that is FD, and puts the old one back. */
static int write_standard_output(int fd, const struct audit *audit, struct error *error)
{
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    int status = write_path(NULL, report_writer_find("text"), audit, error);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    return status;
}

static void a_full_standard_output_is_an_error(void **state)
{
    struct place *place = *state;
    struct error error;
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    int status = write_standard_output(full, place->audit, &error);
    close(full);
    assert_int_equal(status, -ENOSPC);
    assert_string_equal(error.text, "cannot write standard output: No space left on device");
}

static void a_reader_that_went_away_is_an_error(void **state)
{
    struct place *place = *state;
    struct error error;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    int status = write_standard_output(ends[1], place->audit, &error);
    close(ends[1]);
    assert_int_equal(status, -EPIPE);
    assert_string_equal(error.text, "cannot write standard output: Broken pipe");
}

static void standard_output_gets_the_report(void **state)
{
    struct place *place = *state;
    int fd = open(place->file, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write_standard_output(fd, place->audit, NULL), 0);
    close(fd);
    assert_begins(place->file, "203.0.113.10");
}

static void a_request_names_a_format_and_maybe_a_path(void **state)
{
    (void)state;
    struct report_request request;
    assert_int_equal(report_request_parse(&request, "json", NULL), 0);
    assert_string_equal(request.writer->name, "json");
    assert_null(request.path);
    assert_int_equal(report_request_parse(&request, "junit=a=b.xml", NULL), 0);
    assert_string_equal(request.writer->name, "junit");
    assert_string_equal(request.path, "a=b.xml");
    assert_int_equal(report_request_parse(&request, "text=-", NULL), 0);
    assert_null(request.path);
}

static void a_request_for_no_format_is_refused(void **state)
{
    (void)state;
    struct report_request request;
    struct error error;
    assert_int_equal(report_request_parse(&request, "pdf", &error), -EINVAL);
    assert_string_equal(error.text, "-o pdf: there is no format 'pdf'");
    assert_int_equal(report_request_parse(&request, "jnuit=a.xml", &error), -EINVAL);
    assert_string_equal(error.text,
                        "-o jnuit=a.xml: there is no format 'jnuit'; did you mean 'junit'?");
    assert_int_equal(report_request_parse(&request, "", &error), -EINVAL);
    assert_int_equal(report_request_parse(&request, "json=", &error), -EINVAL);
    assert_non_null(strstr(error.text, "a path is missing"));
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(a_report_replaces_the_older_one_and_keeps_its_mode),
        WITH_PLACE(a_writer_that_fails_leaves_the_older_report_whole),
        WITH_PLACE(opening_leaves_nothing_behind),
        WITH_PLACE(the_directory_is_kept_when_the_process_moves),
        WITH_PLACE(a_link_to_a_file_stays_a_link),
        cmocka_unit_test(a_path_that_cannot_be_is_refused_at_once),
        WITH_PLACE(a_directory_without_permission_is_refused_at_once),
        WITH_PLACE(a_full_device_is_an_error_with_its_cause),
        WITH_PLACE(a_full_standard_output_is_an_error),
        WITH_PLACE(a_reader_that_went_away_is_an_error),
        WITH_PLACE(standard_output_gets_the_report),
        cmocka_unit_test(a_request_names_a_format_and_maybe_a_path),
        cmocka_unit_test(a_request_for_no_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
