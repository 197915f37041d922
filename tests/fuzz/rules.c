/* Any text as the rules of `check -e`: a policy or complaints, never both or neither. */
#include "tests/fuzz/text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const targets[] = {"203.0.113.10", "2001:db8::10"};
    char *text = input_text(bytes, size);
    const char *rules[] = {text};
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(rules, 1, targets, 2, &complaints);
    assert((policy != NULL) == !complaints_any_error(&complaints));
    text_show_complaints(&complaints);
    text_use_policy(policy);
    policy_free(policy);
    complaints_free(&complaints);
    free(text);
    return 0;
}
