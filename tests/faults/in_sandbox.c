/* Loaded into a program by LD_PRELOAD, it puts that into the sandbox before its main(). */
#include "scanner/privileges/privileges.h"
#include "scanner/privileges/sandbox.h"

#include <stdio.h>
#include <stdlib.h>

static void enter(void) __attribute__((constructor));

static void enter(void)
{
    const struct privileges_drop_options drop = {.report_directory = -1};
    const struct sandbox_options walls = {0};
    struct error error;
    if (privileges_begin(&error) == 0 && privileges_drop(&drop, &error) == 0 &&
        sandbox_enter(&walls, &error) == 0)
        return;
    fprintf(stderr, "in_sandbox: %s\n", error.text);
    abort();
}
