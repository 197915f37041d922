#include "scanner/commands/settings.h"

int settings_apply(struct options *options, const struct policy *policy, struct error *error)
{
    static const char *const names[] = {
        "deadline",  "fail-on", "interface", "max-hosts",   "max-rate",
        "max-tries", "miss",    "source",    "source-port", "until",
    };
    int status = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == 0; i++) {
        const char *value = policy_setting(policy, names[i]);
        if (value)
            status = options_default(options, names[i], value, error);
    }
    return status;
}
