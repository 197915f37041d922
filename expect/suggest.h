/* "Did you mean …?": the nearest of some words to a misspelt one, by edit distance. */
#ifndef EXPECT_SUGGEST_H
#define EXPECT_SUGGEST_H

struct suggestion {
    const char *word; /* what was written */
    const char *best; /* NULL: nothing is near enough; else one of those offered */
    unsigned distance;
};

/* Offers CANDIDATE, which must live as long as the suggestion. Kept if it is nearer than
 * what was offered before, and near enough to be a slip: one edit (a letter more, less,
 * other, or two exchanged) for each three letters begun. */
void suggestion_offer(struct suggestion *suggestion, const char *candidate);

enum { SUGGESTION_TEXT_SIZE = 128 };

/* Writes "; did you mean 'expect'?" or "" and returns TEXT. */
const char *suggestion_format(const struct suggestion *suggestion,
                              char text[static SUGGESTION_TEXT_SIZE]);

#endif
