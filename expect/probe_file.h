/* Probe files: what to say to a UDP service, and what a true answer looks like. The format
 * is in probes/library/README.md. */
#ifndef EXPECT_PROBE_FILE_H
#define EXPECT_PROBE_FILE_H

#include "expect/reader.h"
#include "probes/udp_probe.h"

/* A probe that is being read. */
struct probe_draft {
    struct udp_probe probe;
    bool has_transaction;
};

/* The list under `payload`, the map under `answer`, the number under `answers-within-ms`;
 * CONTEXT is a struct probe_draft. */
void read_payload(struct file_reader *reader, const struct node *value, void *context);
void read_answer(struct file_reader *reader, const struct node *value, void *context);
void read_answers_within(struct file_reader *reader, const struct node *value, void *context);

#endif
