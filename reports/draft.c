#include "reports/draft.h"

#include <stdlib.h>

bool draft_open(struct draft *draft)
{
    *draft = (struct draft){0};
    draft->out = open_memstream(&draft->text, &draft->length);
    return draft->out != NULL;
}

void draft_take(struct draft *draft, char *text)
{
    if (text)
        fputs(text, draft->out);
    else
        draft->incomplete = true;
    free(text);
}

char *draft_close(struct draft *draft)
{
    /* A stream that had no memory to grow says so here, and not when it is closed. */
    bool complete = !draft->incomplete && !ferror(draft->out);
    if (fclose(draft->out) == 0 && complete)
        return draft->text;
    free(draft->text);
    return NULL;
}
