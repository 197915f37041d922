#include "tests/faults/failing_memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What the names stand for: glibc's own functions, or the sanitizer's. */
#ifdef UNDER_SANITIZER
#define TRUE_NAME(name) __interceptor_##name
#else
#define TRUE_NAME(name) __libc_##name
#endif
void *TRUE_NAME(malloc)(size_t size);
void *TRUE_NAME(calloc)(size_t count, size_t size);
void *TRUE_NAME(realloc)(void *block, size_t size);
void TRUE_NAME(free)(void *block);

enum { OBJECTS_MOST = 8 };

static struct {
    const char *objects[OBJECTS_MOST]; /* files of those whose allocations failed */
    bool armed, and_after;
    uint64_t count, fail_at;
    int64_t blocks;
} memory;

void memory_fail_at(uint64_t count, bool and_after)
{
    memory.fail_at = count;
    memory.and_after = and_after;
    memory.count = 0;
    memset(memory.objects, 0, sizeof memory.objects);
}

bool memory_arm(bool armed)
{
    bool before = memory.armed;
    memory.armed = armed;
    return before;
}

uint64_t memory_count(void)
{
    return memory.count;
}

#ifdef UNDER_SANITIZER
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libxml2";
}

int64_t memory_blocks(void)
{
    return 0;
}
#else
int64_t memory_blocks(void)
{
    return memory.blocks;
}
#endif

bool memory_failed_inside(const char *name)
{
    for (size_t i = 0; i < OBJECTS_MOST && memory.objects[i]; i++) {
        if (strstr(memory.objects[i], name))
            return true;
    }
    return false;
}

static void note_caller(void *caller)
{
    Dl_info info;
    if (!dladdr(caller, &info))
        return;
    size_t i = 0;
    while (i < OBJECTS_MOST && memory.objects[i] && memory.objects[i] != info.dli_fname)
        i++;
    if (i < OBJECTS_MOST)
        memory.objects[i] = info.dli_fname;
}

static bool fails(void *caller)
{
    if (!memory.armed)
        return false;
    memory.count++;
    bool now = memory.count == memory.fail_at ||
               (memory.and_after && memory.fail_at && memory.count > memory.fail_at);
    if (!now)
        return false;
    note_caller(caller);
    errno = ENOMEM;
    return true;
}

static void *taken(void *block)
{
    memory.blocks += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : taken(TRUE_NAME(malloc)(size));
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : taken(TRUE_NAME(calloc)(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails(__builtin_return_address(0)))
        return NULL;
    void *grown = TRUE_NAME(realloc)(block, size);
    if (!block)
        return taken(grown);
    return grown;
}

void free(void *block)
{
    memory.blocks -= block != NULL;
    TRUE_NAME(free)(block);
}
