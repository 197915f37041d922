/* The keys of an audit's responders: read from their files, each once, and handed to the
 * targets of the plan. */
#ifndef SCANNER_COMMANDS_RESPONDER_KEYS_H
#define SCANNER_COMMANDS_RESPONDER_KEYS_H

#include "expect/expect.h"
#include "probes/signature.h"

struct responder_keys {
    struct named_key *first;
};

/* Gives each target of PLAN that is a responder its key, which lives as long as KEYS. 0 or a
 * negative code with *ERROR. */
int responder_keys_assign(struct responder_keys *keys, struct plan *plan, struct error *error)
    __attribute__((warn_unused_result));
void responder_keys_free(struct responder_keys *keys);

#endif
