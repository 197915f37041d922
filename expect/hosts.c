#include "expect/hosts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 1035, section 2.3.4. */
enum { NAME_MAX_LENGTH = 253, LABEL_MAX_LENGTH = 63 };

bool host_spec_is_name(const struct host_spec *spec)
{
    return spec->first.family == ADDR_NONE;
}

bool addr_is_between(const struct addr *address, const struct addr *first,
                     const struct addr *last)
{
    return address->family == first->family && addr_compare(first, address) <= 0 &&
           addr_compare(address, last) <= 0;
}

bool host_spec_overlaps(const struct host_spec *a, const struct host_spec *b)
{
    if (host_spec_is_name(a) || host_spec_is_name(b))
        return host_spec_is_name(a) && host_spec_is_name(b) &&
               strcasecmp(a->text, b->text) == 0;
    return addr_is_between(&a->first, &b->first, &b->last) ||
           addr_is_between(&b->first, &a->first, &a->last);
}

bool host_spec_covers(const struct host_spec *spec, const char *name,
                      const struct addr *address)
{
    if (host_spec_is_name(spec))
        return name && strcasecmp(spec->text, name) == 0;
    return addr_is_between(address, &spec->first, &spec->last);
}

/* Reads the address in TEXT[0..LENGTH). */
static bool parse_address(struct addr *addr, const char *text, size_t length)
{
    char copy[ADDR_TEXT_SIZE];
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return addr_parse(addr, copy) == 0;
}

/* "10.0.0.0/28": the whole block around the address. */
static bool parse_block(struct host_spec *spec, const char *slash)
{
    struct addr addr;
    size_t digits = strspn(slash + 1, "0123456789");
    if (digits == 0 || digits > 3 || slash[1 + digits] != '\0' ||
        !parse_address(&addr, spec->text, (size_t)(slash - spec->text)))
        return false;
    unsigned prefix = (unsigned)strtoul(slash + 1, NULL, 10);
    return addr_block(&addr, prefix, &spec->first, &spec->last) == 0;
}

/* "10.0.0.1-10.0.0.20". True also when it is a range that runs backwards. */
static bool parse_range(struct host_spec *spec)
{
    const char *dash = strchr(spec->text, '-');
    return dash && parse_address(&spec->first, spec->text, (size_t)(dash - spec->text)) &&
           parse_address(&spec->last, dash + 1, strlen(dash + 1));
}

static bool is_label_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* Names as DNS has them, underscores allowed. No name ends in a label of digits (RFC 1123,
 * section 2.1): that is an address, or a range, with a slip in it. */
static bool is_name(const char *text)
{
    size_t total = strlen(text), label = 0;
    bool numeric = true;
    if (total == 0 || total > NAME_MAX_LENGTH)
        return false;
    for (const char *c = text; *c; c++) {
        if (*c == '.') {
            if (label == 0)
                return false;
            if (c[1] != '\0') {
                label = 0;
                numeric = true;
            }
            continue;
        }
        if (!is_label_byte(*c) || ++label > LABEL_MAX_LENGTH || (label == 1 && *c == '-'))
            return false;
        numeric = numeric && ((*c >= '0' && *c <= '9') || *c == '-');
    }
    return label > 0 && !numeric;
}

static bool reject(const struct host_spec *spec, struct complaints *complaints)
{
    bool numeric = spec->text[strspn(spec->text, "0123456789.-/")] == '\0';
    const char *advice = numeric                   ? "blocks are written 10.0.0.0/28, ranges "
                                                     "10.0.0.1-10.0.0.20"
                         : strchr(spec->text, '/') ? "a block is an address and a prefix "
                                                     "length, such as 2001:db8::/120"
                         : strchr(spec->text, ' ') ? "several hosts are written as a list"
                                                   : NULL;
    struct complaint *complaint =
        complain(complaints, spec->place,
                 "'%.80s' is neither a host name, an address, a block nor a range", spec->text);
    if (advice)
        complaint_set_hint(complaints, complaint, "%s", advice);
    return false;
}

static bool check_range(const struct host_spec *spec, struct complaints *complaints)
{
    const char *fault = NULL;
    if (spec->first.family != spec->last.family)
        fault = "mixes IPv4 and IPv6";
    else if (addr_compare(&spec->first, &spec->last) > 0)
        fault = "runs backwards";
    else if (spec->first.scope != 0 || spec->last.scope != 0)
        fault = "has a zone; only single addresses may";
    if (fault)
        complain(complaints, spec->place, "range '%s' %s", spec->text, fault);
    return !fault;
}

bool host_spec_parse(struct host_spec *spec, const char *text, struct place place,
                     struct complaints *complaints)
{
    *spec = (struct host_spec){.text = text, .place = place};
    if (addr_parse(&spec->first, text) == 0) {
        spec->last = spec->first;
        return true;
    }
    if (parse_range(spec))
        return check_range(spec, complaints);
    spec->first = spec->last = (struct addr){0};
    const char *slash = strchr(text, '/');
    if (slash && parse_block(spec, slash))
        return true;
    spec->first = spec->last = (struct addr){0};
    return (!slash && is_name(text)) || reject(spec, complaints);
}
