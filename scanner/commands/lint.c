/* portvet lint FILE… */
#include "scanner/commands/library.h"

#include <time.h>

enum exit_code command_lint(const struct options *options)
{
    if (options->words.count == 0)
        return command_fail(EXIT_USAGE, "lint needs an expectations file");
    struct udp_library library = {0};
    enum exit_code loaded = library_load(&library, options);
    if (loaded != EXIT_MET) {
        udp_library_free(&library);
        return loaded;
    }
    struct complaints complaints = {0};
    struct policy *policy =
        policy_read(options->words.items, options->words.count, options->variables,
                    options->variable_count, &complaints);
    struct timespec today;
    clock_gettime(CLOCK_REALTIME, &today);
    if (policy)
        policy_lint(policy, &library, today, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    udp_library_free(&library);
    enum exit_code code = policy ? EXIT_MET : EXIT_FILE;
    policy_free(policy);
    return code;
}
