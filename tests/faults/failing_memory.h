/* Takes the place of malloc() and its kin in the program that links it, so that any
 * allocation can fail: those of the C library and of other libraries too. */
#ifndef TESTS_FAULTS_FAILING_MEMORY_H
#define TESTS_FAULTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* From now on the COUNT-th allocation (from 1) fails, and with AND_AFTER all that follow. 0:
 * none fails. */
void memory_fail_at(uint64_t count, bool and_after);

/* False while allocations belong to the test itself: they are neither counted nor failed.
 * Returns what held before. */
bool memory_arm(bool armed);

/* Allocations since memory_fail_at(). */
uint64_t memory_count(void);

/* Has an allocation of the shared library whose file name holds NAME failed since
 * memory_fail_at()? */
bool memory_failed_inside(const char *name);

/* Blocks in use, of the whole program; 0 under sanitizers, which find leaks themselves. */
int64_t memory_blocks(void);

#endif
