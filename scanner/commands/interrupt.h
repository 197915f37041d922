/* SIGINT and SIGTERM: the first asks the run to stop and report, the second ends it. */
#ifndef SCANNER_COMMANDS_INTERRUPT_H
#define SCANNER_COMMANDS_INTERRUPT_H

#include <signal.h>

/* Installs the handlers; SIGPIPE is ignored, so that a closed pipe is a write error. */
void interrupt_install(void);

/* The signal that came, or 0. */
const volatile sig_atomic_t *interrupt_flag(void);

#endif
