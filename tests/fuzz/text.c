#include "tests/fuzz/text.h"

#include "expect/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

const char *text_file(const void *bytes, size_t size)
{
    static char path[40]; /* empty: there is no file yet */
    static int fd;
    if (!path[0]) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        assert(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (ftruncate(fd, 0) < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
        abort();
    return path;
}

static bool is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

void text_check_clean(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        if (is_plain(text[at])) { /* nearly all of them: faster so */
            at++;
            continue;
        }
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
