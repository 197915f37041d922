#include "reports/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct report_sink {
    char *path;    /* as asked for; for messages */
    int direct;    /* what cannot be renamed over: standard output, a device, a pipe; or -1 */
    int directory; /* where the file goes, or -1 */
    char *name;    /* of the file, in its directory */
    mode_t mode;   /* of the file; that of the older one, where there is one */
};

enum { TEMPORARY_NAME_SIZE = 32, TEMPORARY_TRIES = 16 };

/* A stream's bytes on their way to a file descriptor, with the first error. stdio loses
 * the cause of a failed flush; this does not. */
struct output {
    int fd;
    int error; /* errno, 0: none */
};

static ssize_t output_write(void *cookie, const char *bytes, size_t length)
{
    struct output *output = cookie;
    size_t written = 0;
    while (written < length) {
        ssize_t count = write(output->fd, bytes + written, length - written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            output->error = output->error ? output->error : errno;
            return 0; /* what stdio takes for an error */
        }
        written += (size_t)count;
    }
    return (ssize_t)length;
}

static int fail(const struct report_sink *sink, int code, struct error *error)
{
    return error_set(error, -code, "cannot write %.200s: %s", sink->path, strerror(code));
}

/* Writes the report to FD. */
static int write_to(const struct report_sink *sink, int fd, const struct report_writer *writer,
                    const struct audit *audit, const struct report_style *style,
                    struct error *error)
{
    struct output output = {.fd = fd};
    struct error cause = {{0}};
    FILE *out = fopencookie(&output, "w", (cookie_io_functions_t){.write = output_write});
    if (!out)
        return fail(sink, ENOMEM, error);
    __fsetlocking(out, FSETLOCKING_BYCALLER); /* nobody else has it */
    int status = writer->write(audit, style, out, &cause);
    if (fclose(out) != 0 && status == 0)
        status = -EIO;
    if (output.error)
        return fail(sink, output.error, error);
    if (status < 0)
        return error_set(error, status, "cannot write %.200s: %.200s", sink->path, cause.text);
    return 0;
}

/* Makes a file that nobody else has, beside the one to be replaced. Its name is written
 * into NAME. Returns the descriptor or -errno. */
static int make_temporary(const struct report_sink *sink, char name[static TEMPORARY_NAME_SIZE])
{
    int fd = -1;
    for (int tries = 0; fd < 0 && tries < TEMPORARY_TRIES; tries++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return -EIO;
        snprintf(name, TEMPORARY_NAME_SIZE, ".portvet-%016" PRIx64, random);
        fd = openat(sink->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    sink->mode);
        if (fd < 0 && errno != EEXIST)
            return -errno;
    }
    return fd < 0 ? -EEXIST : fd;
}

/* Puts the finished temporary file in the place of the older one. */
static int replace(const struct report_sink *sink, const char *temporary)
{
    if (renameat(sink->directory, temporary, sink->directory, sink->name) != 0)
        return -errno;
    /* Some file systems cannot sync a directory, and say so with EINVAL. */
    if (fsync(sink->directory) != 0 && errno != EINVAL)
        return -errno;
    return 0;
}

static int write_file(const struct report_sink *sink, const struct report_writer *writer,
                      const struct audit *audit, const struct report_style *style,
                      struct error *error)
{
    char temporary[TEMPORARY_NAME_SIZE];
    int fd = make_temporary(sink, temporary);
    if (fd < 0)
        return fail(sink, -fd, error);
    int status = write_to(sink, fd, writer, audit, style, error);
    if (status == 0 && fsync(fd) != 0)
        status = fail(sink, errno, error);
    if (close(fd) != 0 && status == 0)
        status = fail(sink, errno, error);
    if (status == 0) {
        int code = replace(sink, temporary);
        status = code < 0 ? fail(sink, -code, error) : 0;
    }
    if (status < 0)
        unlinkat(sink->directory, temporary, 0);
    return status;
}

int report_sink_write(struct report_sink *sink, const struct report_writer *writer,
                      const struct audit *audit, const struct report_style *style,
                      struct error *error)
{
    if (sink->directory >= 0)
        return write_file(sink, writer, audit, style, error);
    fflush(stdout); /* what was said before comes before */
    return write_to(sink, sink->direct, writer, audit, style, error);
}

/* Opens the directory of FILE, which may not exist yet, and makes sure that a file can be
 * made there. 0 or -errno. */
static int open_directory(struct report_sink *sink, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;
    if (*name == '\0')
        return -EISDIR;
    char *directory = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    sink->name = strdup(name);
    if (directory && sink->name)
        sink->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    else
        errno = ENOMEM;
    int code = sink->directory < 0 ? -errno : 0;
    free(directory);
    if (code < 0)
        return code;

    char temporary[TEMPORARY_NAME_SIZE];
    int fd = make_temporary(sink, temporary);
    if (fd < 0)
        return fd;
    close(fd);
    return unlinkat(sink->directory, temporary, 0) == 0 ? 0 : -errno;
}

/* A device or a pipe is written to; a file is replaced where it really is, not where a
 * symbolic link to it stands (/dev/stdout is one). */
static int open_path(struct report_sink *sink, const char *path)
{
    struct stat older;
    sink->mode = 0666;
    if (stat(path, &older) != 0)
        return errno == ENOENT ? open_directory(sink, path) : -errno;
    if (S_ISDIR(older.st_mode))
        return -EISDIR;
    if (!S_ISREG(older.st_mode)) {
        sink->direct = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
        return sink->direct < 0 ? -errno : 0;
    }
    sink->mode = older.st_mode & 0777;
    char *real = realpath(path, NULL);
    if (!real)
        return -errno;
    int code = open_directory(sink, real);
    free(real);
    return code;
}

static int open_standard_output(struct report_sink *sink)
{
    sink->direct = STDOUT_FILENO;
    return fcntl(STDOUT_FILENO, F_GETFL) < 0 ? -errno : 0;
}

struct report_sink *report_sink_open(const char *path, struct error *error)
{
    struct report_sink *sink = calloc(1, sizeof *sink);
    if (sink)
        sink->path = strdup(path ? path : "standard output");
    if (!sink || !sink->path) {
        free(sink);
        error_no_memory(error);
        return NULL;
    }
    sink->direct = sink->directory = -1;
    int code = path ? open_path(sink, path) : open_standard_output(sink);
    if (code < 0) {
        fail(sink, -code, error);
        report_sink_free(sink);
        return NULL;
    }
    return sink;
}

int report_sink_directory(const struct report_sink *sink)
{
    return sink->directory;
}

void report_sink_free(struct report_sink *sink)
{
    if (!sink)
        return;
    if (sink->direct >= 0 && sink->direct != STDOUT_FILENO)
        close(sink->direct);
    if (sink->directory >= 0)
        close(sink->directory);
    free(sink->name);
    free(sink->path);
    free(sink);
}
