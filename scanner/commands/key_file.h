/* Key files of outbound audits: one key as a line of text, for its owner's eyes only. */
#ifndef SCANNER_COMMANDS_KEY_FILE_H
#define SCANNER_COMMANDS_KEY_FILE_H

#include "probes/error.h"
#include "probes/signature.h"

/* Makes a file with a new key, mode 0600. An existing file is never touched: -EEXIST. */
int key_file_make(const char *path, struct error *error) __attribute__((warn_unused_result));

/* Reads the key. -EACCES when others may read or change the file, -EINVAL when it holds no
 * key. */
int key_file_read(struct responder_key *key, const char *path, struct error *error)
    __attribute__((warn_unused_result));

#endif
