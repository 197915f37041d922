#include "expect/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 40 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edit distance in which exchanging two neighbours counts once (optimal string
 * alignment). Both words have at most WORD_MAX letters. */
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX + 1];
    for (unsigned j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned other = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(other, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

void suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t length = strlen(suggestion->word), candidate_length = strlen(candidate);
    if (length > WORD_MAX || candidate_length > WORD_MAX)
        return;
    unsigned distance = edit_distance(suggestion->word, length, candidate, candidate_length);
    if (distance > (length + 2) / 3 || distance >= candidate_length)
        return;
    if (suggestion->best && distance >= suggestion->distance)
        return;
    suggestion->best = candidate;
    suggestion->distance = distance;
}

const char *suggestion_format(const struct suggestion *suggestion,
                              char text[static SUGGESTION_TEXT_SIZE])
{
    text[0] = '\0';
    if (suggestion->best)
        snprintf(text, SUGGESTION_TEXT_SIZE, "; did you mean '%s'?", suggestion->best);
    return text;
}
