/* portvet check FILE…, portvet check -e RULES TARGET… */
#include "scanner/commands/audit_run.h"
#include "scanner/commands/library.h"
#include "scanner/commands/settings.h"

static struct policy *read_policy(const struct options *options, struct complaints *complaints)
{
    const struct words *words = &options->words;
    if (options->rules.count > 0)
        return policy_from_rules(options->rules.items, options->rules.count, words->items,
                                 words->count, complaints);
    return policy_read(words->items, words->count, options->variables, options->variable_count,
                       complaints);
}

static enum exit_code check(const struct options *options, const struct policy *policy)
{
    struct options effective = *options; /* what it owns stays with OPTIONS */
    struct error error;
    if (settings_apply(&effective, policy, &error) < 0)
        return command_fail(EXIT_FILE, "settings: %s", error.text);
    struct udp_library library = {0};
    enum exit_code code = library_load(&library, &effective);
    if (code == EXIT_MET)
        code = audit_run(&effective, policy, &library);
    udp_library_free(&library);
    return code;
}

enum exit_code command_check(const struct options *options)
{
    bool from_rules = options->rules.count > 0;
    if (options->words.count == 0)
        return command_fail(EXIT_USAGE, from_rules ? "check -e RULES needs a target"
                                                   : "check needs an expectations file, or -e "
                                                     "RULES and a target");
    struct complaints complaints = {0};
    struct policy *policy = read_policy(options, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    if (!policy)
        return from_rules ? EXIT_USAGE : EXIT_FILE;
    enum exit_code code = check(options, policy);
    policy_free(policy);
    return code;
}
