/* Files made in some directories, read nowhere, and no TCP port: Landlock (landlock(7)) by
 * its raw system calls, for which libc has no names. */
#ifndef SCANNER_LANDLOCK_H
#define SCANNER_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* Forbids everything that this kernel can forbid but making, replacing and removing files
 * in the COUNT open DIRECTORIES, and TCP connections when CONNECTS. Files that are open
 * stay so. -ENOSYS or -EOPNOTSUPP: the kernel has no Landlock, or it is turned off. */
int landlock_enter(const int *directories, size_t count, bool connects)
    __attribute__((warn_unused_result));

/* Tries to do what is forbidden. 0 when it could not be done, else -EPERM. */
int landlock_try(void) __attribute__((warn_unused_result));

#endif
