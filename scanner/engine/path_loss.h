/* What a path loses by itself, and what it loses because of the rate.
 *
 * The path's own loss is the same at any rate. So what is lost at a rate that fared well is
 * held against what is lost at the rate on trial; and when that was found to lose too much and
 * was lowered, it is asked whether less is lost since. It knows shares of loss, and no time. */
#ifndef SCANNER_PATH_LOSS_H
#define SCANNER_PATH_LOSS_H

#include "scanner/engine/loss.h"

#include <stdbool.h>

struct path_loss {
    struct loss base;      /* the path's own; older samples weigh less */
    struct loss trial;     /* at the rate on trial */
    struct loss suspected; /* at one that was lowered for it */
    double expected;       /* share of loss at the lower rate, if the rate is to blame */
    uint32_t base_wanted;  /* samples of BASE before the rate may grow again */
};

enum loss_verdict {
    LOSS_OPEN,    /* more samples are wanted */
    LOSS_USUAL,   /* the path's own */
    LOSS_EXCESS,  /* the rate's doing */
    LOSS_CLEARED, /* it was not: the lower rate has lost as much */
    LOSS_UNCLEAR, /* many samples do not tell: the path's own is to be measured again */
};

/* So much was lost at a rate that has fared well. */
void path_loss_add_base(struct path_loss *path, const struct loss *more);
/* So much at the rate on trial; and what that says. */
void path_loss_add(struct path_loss *path, const struct loss *more);
enum loss_verdict path_loss_judge(struct path_loss *path);

/* By how much the trial loses more than the path does. */
double path_loss_excess(const struct path_loss *path);

/* The rate was lowered, to SHARE of what it was, for the loss on trial. */
void path_loss_suspect(struct path_loss *path, double share);
/* Another rate is on trial. */
void path_loss_forget(struct path_loss *path);
/* The path's own loss is measured again. */
void path_loss_ask_base(struct path_loss *path);

/* Nothing is asked that a higher rate would blur. */
bool path_loss_is_settled(const struct path_loss *path);

#endif
