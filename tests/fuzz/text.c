#include "tests/fuzz/text.h"

#include "expect/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int text_file(char path[static TEXT_PATH_SIZE], const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    assert(fd >= 0);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(fd, bytes + done, size - done);
        assert(count > 0);
        done += (size_t)count;
    }
    snprintf(path, TEXT_PATH_SIZE, "/proc/self/fd/%d", fd);
    return fd;
}

void text_file_close(int fd)
{
    close(fd);
}

void text_check_clean(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t step = utf8_decode(text + at, length - at, &code);
        assert(code != UTF8_REPLACEMENT || step == 3); /* a true one, not a broken byte */
        assert(code >= 0x20 || code == '\n' || code == '\r' || code == '\t');
        assert(code < 0x7f || code > 0x9f);
        at += step;
    }
}

void text_show_complaints(const struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->count; i++) {
        char *text = complaint_format(&complaints->items[i]);
        assert(text);
        text_check_clean(text, strlen(text));
        free(text);
    }
}

static int resolve_nothing(void *context, const char *name, struct addr **addresses,
                           struct error *error)
{
    (void)context;
    *addresses = NULL;
    return error_set(error, -ENOENT, "%.100s is not resolved here", name);
}

void text_use_policy(const struct policy *policy)
{
    if (!policy)
        return;
    struct complaints complaints = {0};
    struct udp_library library = {0};
    const struct plan_options options = {
        .max_hosts = 300, .shard = 1, .shards = 1, .resolve = resolve_nothing};
    struct plan *plan = plan_new(policy, &options, &complaints);
    struct audit *audit = audit_new();
    assert(audit && (plan != NULL) == !complaints_any_error(&complaints));
    if (plan && (plan_begin(plan, audit) < 0 || plan_finish(plan, audit) < 0))
        abort();
    policy_lint(policy, &library, (struct timespec){0}, &complaints);
    text_show_complaints(&complaints);
    audit_free(audit);
    plan_free(plan);
    complaints_free(&complaints);
}
