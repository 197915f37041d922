/* What the process may do, and that it may do less and less.
 *
 *   privileges_begin()   at once: no capability is in effect, those that are needed later
 *                        stay permitted; no core dumps
 *   privileges_raise()   while sockets are opened
 *   privileges_drop()    for good, each drop verified
 *
 * Started as root, or with `setcap cap_net_raw=p`; never setuid. It knows no packets. */
#ifndef SCANNER_PRIVILEGES_H
#define SCANNER_PRIVILEGES_H

#include "probes/error.h"

/* Root keeps one capability in effect until the drop, CAP_DAC_READ_SEARCH: expectations
 * may lie in a home that only its owner can enter. */
int privileges_begin(struct error *error) __attribute__((warn_unused_result));

/* Puts CAP_NET_RAW (and CAP_NET_BIND_SERVICE, if permitted) into effect. -EPERM when it
 * is not permitted; *ERROR then has the exact remedy (exit code 77). */
int privileges_raise(struct error *error) __attribute__((warn_unused_result));

struct privileges_drop_options {
    const char *user;     /* as whom to go on when started as root; NULL: nobody */
    int report_directory; /* open directory, or -1: root's reports are made and replaced
                             as the owner of this directory, and in no other way */
};

/* Gives up every capability, and root's user and groups, for good; no program that is
 * started later can get more (no_new_privs). 0; 1: the user could not be changed, *ERROR
 * says why, all else is done; -ENOENT: there is no such user; another negative code: what
 * was given up came back or could not be given up, and the run must end. */
int privileges_drop(const struct privileges_drop_options *options, struct error *error)
    __attribute__((warn_unused_result));

#endif
