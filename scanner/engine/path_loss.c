#include "scanner/engine/path_loss.h"

#include <math.h>

/* Loss is worse than before when it is by that much, and by so many standard errors. */
#define LOSS_WORSE   0.05
#define LOSS_ERRORS  3.0
#define LOSS_SAMPLES 8
#define LOST_LEAST   3
/* Where the weight of the past is halved. */
#define BASE_SAMPLES 2000
/* So many controls may acquit a rate though a little more was lost. */
#define SURE_SAMPLES 30
#define SURE_ERRORS  2.0
/* After so many controls without a decision, the path's own loss is measured anew. */
#define TRIAL_SAMPLES 100
/* A path that loses so much from the first may already be too full. */
#define FIRST_SHARE   0.55
#define FIRST_SAMPLES 16

static double share_of(const struct loss *loss)
{
    return loss->samples ? (double)loss->lost / loss->samples : 0;
}

/* The standard error of the difference of two shares of loss, pooled. */
static double error_of(const struct loss *base, const struct loss *trial)
{
    double n = trial->samples, m = base->samples, pooled = (trial->lost + base->lost) / (n + m);
    return sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
}

static void add_to(struct loss *sum, const struct loss *more)
{
    if (sum->samples > BASE_SAMPLES) {
        sum->samples /= 2;
        sum->lost /= 2;
    }
    sum->samples += more->samples;
    sum->lost += more->lost;
}

static bool is_base_known(const struct path_loss *path)
{
    return path->base.samples >= LOSS_SAMPLES;
}

void path_loss_add_base(struct path_loss *path, const struct loss *more)
{
    add_to(&path->base, more);
}

void path_loss_add(struct path_loss *path, const struct loss *more)
{
    add_to(&path->trial, more);
}

double path_loss_excess(const struct path_loss *path)
{
    return share_of(&path->trial) - share_of(&path->base);
}

static enum loss_verdict judge_first(struct path_loss *path)
{
    if (path->trial.samples < LOSS_SAMPLES)
        return LOSS_OPEN;
    if (share_of(&path->trial) > FIRST_SHARE)
        return path->trial.samples < FIRST_SAMPLES ? LOSS_OPEN : LOSS_EXCESS;
    add_to(&path->base, &path->trial);
    path->trial = (struct loss){0};
    return LOSS_USUAL;
}

static enum loss_verdict judge_trial(struct path_loss *path)
{
    if (!is_base_known(path))
        return judge_first(path);
    const struct loss *trial = &path->trial;
    double excess = path_loss_excess(path);
    double error = trial->samples ? error_of(&path->base, trial) : 0;
    bool is_long = trial->samples > TRIAL_SAMPLES;
    bool is_known = path->base.samples > 2 * TRIAL_SAMPLES;
    double errors = is_long && is_known ? SURE_ERRORS : LOSS_ERRORS;
    if (trial->samples >= LOSS_SAMPLES && trial->lost >= LOST_LEAST &&
        excess > fmax(LOSS_WORSE, errors * error))
        return LOSS_EXCESS;
    if (excess > LOSS_WORSE && (trial->samples < SURE_SAMPLES || excess > SURE_ERRORS * error))
        return is_long ? LOSS_UNCLEAR : LOSS_OPEN;
    return LOSS_USUAL;
}

/* Were the rate to blame, less would be lost at the lower one; what is lost there is the path's
 * own in any case. */
static enum loss_verdict judge_suspicion(struct path_loss *path)
{
    double samples = path->trial.samples, now = share_of(&path->trial);
    if (samples < SURE_SAMPLES)
        return LOSS_OPEN;
    double error = sqrt(now * (1 - now) / samples);
    bool is_guilty = now <= path->expected + fmax(LOSS_WORSE, SURE_ERRORS * error);
    add_to(&path->base, &path->trial);
    path_loss_forget(path);
    return is_guilty ? LOSS_USUAL : LOSS_CLEARED;
}

enum loss_verdict path_loss_judge(struct path_loss *path)
{
    return path->suspected.samples > 0 ? judge_suspicion(path) : judge_trial(path);
}

void path_loss_suspect(struct path_loss *path, double share)
{
    struct loss suspected = path->trial;
    path_loss_forget(path);
    path->suspected = suspected;
    path->expected = fmax(1 - (1 - share_of(&suspected)) / share, share_of(&path->base));
}

void path_loss_forget(struct path_loss *path)
{
    path->trial = path->suspected = (struct loss){0};
}

void path_loss_ask_base(struct path_loss *path)
{
    path_loss_forget(path);
    path->base_wanted = path->base.samples + TRIAL_SAMPLES;
}

bool path_loss_is_settled(const struct path_loss *path)
{
    return path->suspected.samples == 0 && path->trial.lost < LOST_LEAST &&
           path->base.samples >= path->base_wanted;
}
