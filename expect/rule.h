/* Rules: which ports, and in what state they must be. Reads the one-line language
 * ("80,443 open; udp 53 open or silent; others not open"); knows no hosts. */
#ifndef EXPECT_RULE_H
#define EXPECT_RULE_H

#include "expect/source.h"
#include "expect/words.h"
#include "probes/probes.h"

#include <stdbool.h>

struct rule {
    struct rule *next;
    struct place place;                   /* of its ports */
    const char *ports_text;               /* the ports as written: "80,443", "others" */
    const char *note;                     /* NULL: none */
    struct portset named[PROTO_COUNT];    /* `all` and ranges included */
    struct portset declared[PROTO_COUNT]; /* those of them to be confirmed first: named one
                                             by one, or in a small range */
    struct portset rest[PROTO_COUNT];     /* `others`: takes of these what no rule names */
    struct states states;
    bool faulty;     /* it had an error, and takes no part */
    bool complained; /* a conflict with an earlier rule was shown */
};

/* More rules for one host are taken for an accident. */
enum { RULES_OF_HOST_MAX = 4096 };

/* Rules in the order in which they were written. The rules live in an arena, their port
 * sets do not: rule_list_free() frees those. */
struct rule_list {
    struct rule *first, *last;
    size_t count;
};

void rule_list_free(struct rule_list *list);

/* What reading needs besides the text. */
struct rule_reader {
    struct arena *arena;
    struct complaints *complaints;
};

/* Reads all rules of TEXT and appends them to LIST, also those with an error (their content
 * is then undefined, but whole enough to be freed). Every error goes
 * into the complaints, one a rule; a text without any rule is an error too. */
void rule_read_lines(struct rule_reader *reader, const struct text *text,
                     struct rule_list *list);

/* An empty rule at the end of LIST; NULL: no memory. */
struct rule *rule_add(struct rule_reader *reader, struct rule_list *list, struct place place);

/* Reads ports alone ("8080", "udp 53,4648") into RULE, or states alone ("open or silent").
 * False: there was an error, now in the complaints. */
bool rule_read_ports(struct rule_reader *reader, const struct text *text, struct rule *rule);
bool rule_read_states(struct rule_reader *reader, const struct text *text, struct rule *rule);

/* Checks what ports and states say together. False: there was an error. */
bool rule_check(struct rule_reader *reader, const struct rule *rule);

#endif
