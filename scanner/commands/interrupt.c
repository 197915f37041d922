#include "scanner/commands/interrupt.h"

#include <stddef.h>

/* The one thing in the program that is global and changes. */
static volatile sig_atomic_t signalled;

static void note(int number)
{
    signalled = number;
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
    return &signalled;
}
