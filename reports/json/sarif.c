/* SARIF 2.1.0 (OASIS) as GitHub's code scanning takes it: a result for each case that is
 * broken, undecided or waived, at the line of its expectation. */
#include "reports/cases.h"
#include "reports/draft.h"
#include "reports/escape.h"
#include "reports/json/value.h"
#include "reports/phrase.h"
#include "reports/rule_place.h"
#include "reports/writers.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* What can be wrong with a port. */
enum sarif_rule {
    RULE_UNEXPECTED_OPEN,
    RULE_NOT_OPEN,
    RULE_WRONG_STATE,
    RULE_UNDECIDED,
    RULE_COUNT,
};

static const struct sarif_rule_text {
    const char *id, *name, *severity, *level, *summary, *text, *help;
} rule_texts[RULE_COUNT] = {
    [RULE_UNEXPECTED_OPEN] =
        {"portvet/unexpected-open", "UnexpectedOpenPort", "8.5", "error",
         "A port is open that must not be",
         "A service accepts connections on a port that the expectations say is not open.",
         "Close the port in the firewall, stop the service, or, if it is meant to be reached "
         "from there, change the expectation."},
    [RULE_NOT_OPEN] =
        {"portvet/not-open", "PortNotOpen", "4.0", "error", "A port is not open that must be",
         "A port that the expectations say is open is closed, rejected or dropped.",
         "Start the service, open the port in the firewall, or change the expectation."},
    [RULE_WRONG_STATE] =
        {"portvet/wrong-state", "WrongPortState", "5.0", "error",
         "A port answers in another way than expected",
         "A port is not open, but closed, rejected or dropped otherwise than the expectations "
         "say: often a sign that a firewall rule is missing.",
         "Look at the firewall's rule for the port, or change the expectation."},
    [RULE_UNDECIDED] =
        {"portvet/undecided", "UndecidedPort", "2.0", "warning",
         "The state of a port could not be decided",
         "There is no proof of what the port is, so the expectation is neither met nor "
         "broken.",
         "The message says why, and what to do."},
};

static enum sarif_rule rule_of(const struct report_case *item)
{
    const struct verdict *rule = case_rule(item);
    if (item->result == RESULT_INCONCLUSIVE)
        return RULE_UNDECIDED;
    for (size_t i = 0; i < item->finding_count; i++) {
        if (item->findings[i].seen.state == PORT_OPEN)
            return RULE_UNEXPECTED_OPEN;
    }
    bool wants_open = rule->expected && strncmp(rule->expected, "open", strlen("open")) == 0;
    return wants_open ? RULE_NOT_OPEN : RULE_WRONG_STATE;
}

static json_t *rule_value(const struct sarif_rule_text *rule)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s, s:[s, s]}}", "id",
                     rule->id, "name", rule->name, "shortDescription", "text", rule->summary,
                     "fullDescription", "text", rule->text, "help", "text", rule->help,
                     "defaultConfiguration", "level", rule->level, "properties",
                     "security-severity", rule->severity, "tags", "security", "network");
}

/* PATH as the path of a URI (RFC 3986), which the caller frees; NULL: no memory. */
static char *uri_of(const struct rule_place *place)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/";
    char *uri = malloc(place->length * 3 + 1), *end = uri;
    if (!uri)
        return NULL;
    for (size_t i = 0; i < place->length; i++) {
        if (strchr(plain, place->path[i]))
            *end++ = place->path[i];
        else
            end += snprintf(end, 4, "%%%02X", (unsigned char)place->path[i]);
    }
    *end = '\0';
    return uri;
}

static json_t *location_value(const struct verdict *rule, const char *host)
{
    struct rule_place place;
    json_t *location =
        json_pack("{s:[{s:s, s:s}]}", "logicalLocations", "name", host, "kind", "resource");
    if (!location || !rule_place_read(&place, rule->rule))
        return location;
    char *uri = uri_of(&place);
    json_t *physical =
        uri ? json_pack("{s:{s:s, s:s}, s:{s:i}}", "artifactLocation", "uri", uri, "uriBaseId",
                        "%SRCROOT%", "region", "startLine", (int)place.line)
            : NULL;
    free(uri);
    if (json_object_set_new(location, "physicalLocation", physical) == 0)
        return location;
    json_decref(location);
    return NULL;
}

/* 64-bit FNV-1a (RFC 9923): the same finding has the same number from run to run. */
static uint64_t fingerprint(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* What was found, a line a finding. */
static char *case_message(const char *host, const struct report_case *item)
{
    struct draft draft;
    if (!draft_open(&draft))
        return NULL;
    for (size_t i = 0; i < item->finding_count; i++) {
        fprintf(draft.out, "%s%s ", i ? "\n" : "", host);
        draft_take(&draft, phrase_message(&item->findings[i]));
    }
    return draft_close(&draft);
}

/* A waived case stays in the report, suppressed. No status: without one it is accepted, and
 * the schemas in use disagree whether that field is "status" or "state"
 * (https://github.com/oasis-tcs/sarif-spec/issues/449). */
static int add_suppression(json_t *result, const struct report_case *item)
{
    if (item->result != RESULT_WAIVED)
        return 0;
    const char *reason = case_rule(item)->waiver;
    json_t *list = json_pack("[{s:s, s:o}]", "kind", "external", "justification",
                             value_of_text(reason ? reason : ""));
    return json_object_set_new(result, "suppressions", list);
}

static json_t *result_value(const struct report_case *item, const char *name, const char *host,
                            const char *message)
{
    char hash[24];
    enum sarif_rule rule = rule_of(item);
    /* The one fingerprint that GitHub reads, in its form; without it every host that breaks
     * the same line would be one alert. */
    snprintf(hash, sizeof hash, "%016" PRIx64 ":1", fingerprint(name));
    char *clean_host = escape_clean(host);
    json_t *location = clean_host ? location_value(case_rule(item), clean_host) : NULL;
    free(clean_host);
    json_t *result = json_pack(
        "{s:s, s:i, s:s, s:{s:o}, s:[o], s:{s:s}}", "ruleId", rule_texts[rule].id, "ruleIndex",
        (int)rule, "level", rule_texts[rule].level, "message", "text", value_of_text(message),
        "locations", location, "partialFingerprints", "primaryLocationLineHash", hash);
    if (result && add_suppression(result, item) == 0)
        return result;
    json_decref(result);
    return NULL;
}

struct results {
    FILE *out;
    const char *joint; /* what comes before the next one */
    int status;
};

static void write_result(void *context, const struct host_verdicts *host,
                         const struct report_case *item)
{
    struct results *results = context;
    if (results->status < 0 || item->result < RESULT_WAIVED)
        return;
    char *name = phrase_case(host, item), *label = phrase_host(host);
    char *message = label ? case_message(label, item) : NULL;
    results->status = -ENOMEM;
    if (name && message)
        results->status = value_dump(results->out, results->joint,
                                     result_value(item, name, label, message), 0);
    results->joint = ",\n   ";
    free(message);
    free(label);
    free(name);
}

static json_t *rules_value(void)
{
    json_t *rules = json_array();
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if (json_array_append_new(rules, rule_value(&rule_texts[rule])) < 0) {
            json_decref(rules);
            return NULL;
        }
    }
    return rules;
}

/* What comes before the results. */
static int write_head(FILE *out, const struct audit *audit)
{
    json_t *tool = json_pack("{s:{s:s, s:o, s:o}}", "driver", "name", "portvet", "version",
                             value_of_text(audit->version), "rules", rules_value());
    json_t *run = json_pack("[{s:b, s:o, s:o}]", "executionSuccessful", !audit->interrupted,
                            "startTimeUtc", value_of_time(&audit->started), "endTimeUtc",
                            value_of_time(&audit->finished));
    fputs("{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
          " \"version\": \"2.1.0\",\n \"runs\": [\n",
          out);
    int status = value_dump(out, "  {\"tool\": ", tool, 0);
    if (status == 0)
        status = value_dump(out, ",\n   \"invocations\": ", run, 0);
    else
        json_decref(run);
    return status;
}

int sarif_write(const struct audit *audit, const struct report_style *style, FILE *out,
                struct error *error)
{
    (void)style;
    struct results results = {.out = out, .joint = "\n   "};
    int status = write_head(out, audit);
    fputs(",\n   \"columnKind\": \"unicodeCodePoints\",\n   \"results\": [", out);
    if (status == 0)
        status = case_each(audit, write_result, &results);
    fputs("]}]}\n", out);
    if (status < 0 || results.status < 0)
        return error_no_memory(error);
    if (fflush(out) != 0 || ferror(out))
        return error_set(error, -EIO, "the report could not be written");
    return 0;
}
