#include "scanner/commands/interrupt.h"

#include <stddef.h>

/* The only things in the program that are global and change. */
static volatile sig_atomic_t signalled, requested;

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

static void note_request(int number)
{
    requested = number;
}

void interrupt_install_request(void)
{
    struct sigaction action = {.sa_handler = note_request};
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
}

bool interrupt_take_request(void)
{
    bool taken = requested != 0;
    requested = 0;
    return taken;
}

const volatile sig_atomic_t *interrupt_flag(void)
{
    return &signalled;
}
