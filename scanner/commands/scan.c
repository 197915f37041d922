/* portvet scan TARGET… [-p PORTS] */
#include "scanner/commands/scan.h"

#include "scanner/commands/library.h"

static enum exit_code scan_with(const struct options *options,
                                const struct udp_library *library,
                                const struct audit_watch *watch)
{
    struct complaints complaints = {0};
    struct policy *policy = policy_from_ports(options->ports, library, options->words.items,
                                              options->words.count, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    if (!policy)
        return EXIT_USAGE;
    enum exit_code code = audit_run_watched(options, policy, library, watch);
    policy_free(policy);
    return code;
}

enum exit_code scan_targets(const struct options *options, const struct audit_watch *watch)
{
    if (options->words.count == 0)
        return command_fail(EXIT_USAGE,
                            "a target is needed: an address, a name, a block such as "
                            "192.0.2.0/28 or a range a-b");
    struct udp_library library = {0};
    enum exit_code code = library_load(&library, options);
    if (code == EXIT_MET)
        code = scan_with(options, &library, watch);
    udp_library_free(&library);
    return code;
}

enum exit_code command_scan(const struct options *options)
{
    return scan_targets(options, NULL);
}
