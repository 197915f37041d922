/* SIGINT and SIGTERM: the first asks the run to stop and report, the second ends it.
 * SIGUSR1 asks a program that runs for long how it is doing. */
#ifndef SCANNER_COMMANDS_INTERRUPT_H
#define SCANNER_COMMANDS_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/* Installs the handlers; SIGPIPE is ignored, so that a closed pipe is a write error. */
void interrupt_install(void);

/* The signal that came, or 0. */
const volatile sig_atomic_t *interrupt_flag(void);

/* Installs the handler of SIGUSR1. */
void interrupt_install_request(void);

/* Whether SIGUSR1 came since the last call. */
bool interrupt_take_request(void);

#endif
