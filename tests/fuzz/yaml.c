/* Any bytes as an expectations file: a policy or complaints with their places. */
#include "tests/fuzz/text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *paths[] = {text_file(bytes, size)};
    struct complaints complaints = {0};
    struct policy *policy = policy_read(paths, 1, NULL, 0, &complaints);
    assert((policy != NULL) == !complaints_any_error(&complaints));
    text_show_complaints(&complaints);
    text_use_policy(policy);
    policy_free(policy);
    complaints_free(&complaints);
    return 0;
}
