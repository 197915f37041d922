#include "reports/runs.h"

#include "reports/draft.h"
#include "reports/phrase.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run in the making. */
struct making {
    struct host_run run;
    struct case_list cases; /* of the first host */
    char *said;             /* all that is to be said of each; NULL: no run has begun */
    run_fn *each;
    void *context;
};

static const char *problem_of(const struct host_verdicts *host, enum result result)
{
    return result == RESULT_INCONCLUSIVE ? host->problem : NULL;
}

const char *run_problem(const struct host_run *run)
{
    return problem_of(run->hosts[0], run->result);
}

/* Every message on HOST, for comparing; "" when there is none. The caller frees it. */
static char *everything_said(const struct host_verdicts *host, const struct case_list *cases,
                             enum result result)
{
    struct draft draft;
    const char *problem = problem_of(host, result);
    if (!draft_open(&draft))
        return NULL;
    if (problem)
        fprintf(draft.out, "%s\n", problem);
    for (size_t i = 0; i < cases->count; i++) {
        const struct report_case *item = &cases->items[i];
        for (size_t k = 0; item->result == result && k < item->finding_count; k++) {
            draft_take(&draft, phrase_message(&item->findings[k]));
            fputc('\n', draft.out);
        }
    }
    return draft_close(&draft);
}

static void end_run(struct making *making)
{
    if (making->said)
        making->each(making->context, &making->run);
    case_list_free(&making->cases);
    free(making->said);
    making->said = NULL;
    making->run.count = 0;
}

/* Adds HOST to the run, or ends that and begins another. 0 or -ENOMEM. */
static int extend_run(struct making *making, const struct host_verdicts *host)
{
    struct host_run *run = &making->run;
    struct case_list cases;
    int status = case_list_fill(&cases, host);
    char *said = status == 0 ? everything_said(host, &cases, run->result) : NULL;
    if (!said) {
        case_list_free(&cases);
        return -ENOMEM;
    }
    bool nothing = *said == '\0';
    if (nothing || (making->said && strcmp(making->said, said) == 0)) {
        case_list_free(&cases);
        free(said);
    } else {
        end_run(making);
        making->said = said;
        making->cases = cases;
    }
    if (nothing)
        return 0;
    if (run->count <= RUN_NAMED)
        run->hosts[run->count] = host;
    run->count++;
    return 0;
}

int run_each(const struct audit *audit, enum result result, run_fn *each, void *context)
{
    struct making making = {.run = {.result = result}, .each = each, .context = context};
    making.run.cases = &making.cases;
    int status = 0;
    for (size_t i = 0; i < audit->host_count && status == 0; i++)
        status = extend_run(&making, &audit->hosts[i]);
    end_run(&making);
    return status;
}

char *run_hosts(const struct host_run *run)
{
    struct draft draft;
    size_t named = run->count > RUN_NAMED + 1 ? RUN_NAMED : run->count;
    if (!draft_open(&draft))
        return NULL;
    for (size_t i = 0; i < named; i++) {
        fputs(i ? ", " : "", draft.out);
        draft_take(&draft, phrase_host(run->hosts[i]));
    }
    if (named < run->count)
        fprintf(draft.out, " and %zu more hosts", run->count - named);
    return draft_close(&draft);
}
