#include "probes/portset.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_COUNT = 65536 };

void portset_free(struct portset *set)
{
    free(set->ranges);
    *set = (struct portset){0};
}

static int reserve(struct portset *set, size_t count)
{
    if (count <= set->capacity)
        return 0;
    size_t capacity = set->capacity * 2 > count ? set->capacity * 2 : count;
    struct port_range *ranges = realloc(set->ranges, capacity * sizeof *ranges);
    if (!ranges)
        return -ENOMEM;
    set->ranges = ranges;
    set->capacity = capacity;
    return 0;
}

/* Index of the first range that ends at or behind PORT; COUNT when there is none. */
static size_t find_range(const struct portset *set, uint32_t port)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].last < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int portset_add(struct portset *set, uint16_t first, uint16_t last)
{
    assert(first <= last);
    /* All ranges from BEGIN up to END touch the new one and become one with it. */
    size_t begin = find_range(set, first > 0 ? first - 1u : 0);
    size_t end = find_range(set, last + 1u);
    if (end < set->count && set->ranges[end].first <= last + 1u)
        end++;

    if (begin == end) {
        if (reserve(set, set->count + 1) < 0)
            return -ENOMEM;
        memmove(set->ranges + begin + 1, set->ranges + begin,
                (set->count - begin) * sizeof *set->ranges);
        set->ranges[begin] = (struct port_range){first, last};
        set->count++;
        return 0;
    }
    struct port_range *merged = &set->ranges[begin];
    if (first < merged->first) /* NOLINT(*UndefinedBinaryOperatorResult): begin < end <= count */
        merged->first = first;
    merged->last = set->ranges[end - 1].last > last ? set->ranges[end - 1].last : last;
    memmove(merged + 1, set->ranges + end, (set->count - end) * sizeof *set->ranges);
    set->count -= end - begin - 1;
    return 0;
}

/* Walks the edges of one set: every port below edge() is inside or outside as a whole. */
struct walk {
    const struct portset *set;
    size_t index;
    bool inside;
};

static uint32_t edge(const struct walk *walk)
{
    if (walk->index == walk->set->count)
        return PORT_COUNT;
    const struct port_range *range = &walk->set->ranges[walk->index];
    return walk->inside ? range->last + 1u : range->first;
}

static void pass_edge(struct walk *walk)
{
    if (walk->index == walk->set->count)
        return;
    if (walk->inside)
        walk->index++;
    walk->inside = !walk->inside;
}

/* Which ports a set operation keeps, by membership in the first and the second set. */
struct operation {
    bool first_only, second_only, both;
};

static bool keeps(const struct operation *operation, const struct walk *a, const struct walk *b)
{
    if (a->inside)
        return b->inside ? operation->both : operation->first_only;
    return b->inside && operation->second_only;
}

static int combine(struct portset *set, const struct portset *other,
                   const struct operation *operation)
{
    struct portset result = {0};
    struct walk a = {.set = set}, b = {.set = other};
    for (uint32_t from = 0; from < PORT_COUNT;) {
        uint32_t edge_a = edge(&a), edge_b = edge(&b);
        uint32_t to = edge_a < edge_b ? edge_a : edge_b;
        if (to > from && keeps(operation, &a, &b) &&
            portset_add(&result, (uint16_t)from, (uint16_t)(to - 1)) < 0) {
            portset_free(&result);
            return -ENOMEM;
        }
        if (edge_a == to)
            pass_edge(&a);
        if (edge_b == to)
            pass_edge(&b);
        from = to;
    }
    portset_free(set);
    *set = result;
    return 0;
}

int portset_add_set(struct portset *set, const struct portset *other)
{
    return combine(set, other, &(struct operation){true, true, true});
}

int portset_remove_set(struct portset *set, const struct portset *other)
{
    return combine(set, other, &(struct operation){.first_only = true});
}

int portset_intersect(struct portset *set, const struct portset *other)
{
    return combine(set, other, &(struct operation){.both = true});
}

int portset_copy(struct portset *to, const struct portset *from)
{
    struct portset copy = {0};
    if (from->count > 0) {
        if (reserve(&copy, from->count) < 0)
            return -ENOMEM;
        memcpy(copy.ranges, from->ranges, from->count * sizeof *copy.ranges);
        copy.count = from->count;
    }
    *to = copy;
    return 0;
}

bool portset_has(const struct portset *set, uint16_t port)
{
    size_t index = find_range(set, port);
    return index < set->count && set->ranges[index].first <= port;
}

bool portset_equal(const struct portset *a, const struct portset *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->ranges[i].first != b->ranges[i].first || a->ranges[i].last != b->ranges[i].last)
            return false;
    }
    return true;
}

bool portset_overlaps(const struct portset *a, const struct portset *b)
{
    size_t i = 0, j = 0;
    while (i < a->count && j < b->count) {
        if (a->ranges[i].last < b->ranges[j].first)
            i++;
        else if (b->ranges[j].last < a->ranges[i].first)
            j++;
        else
            return true;
    }
    return false;
}

static uint32_t range_size(const struct port_range *range)
{
    return range->last - range->first + 1u;
}

uint32_t portset_size(const struct portset *set)
{
    uint32_t size = 0;
    for (size_t i = 0; i < set->count; i++)
        size += range_size(&set->ranges[i]);
    return size;
}

uint16_t portset_nth(const struct portset *set, uint32_t index)
{
    size_t i = 0;
    for (; i < set->count && index >= range_size(&set->ranges[i]); i++)
        index -= range_size(&set->ranges[i]);
    assert(i < set->count);
    return (uint16_t)(set->ranges[i].first + index);
}

int32_t portset_rank(const struct portset *set, uint16_t port)
{
    uint32_t rank = 0;
    for (size_t i = 0; i < set->count && set->ranges[i].first <= port; i++) {
        if (port <= set->ranges[i].last)
            return (int32_t)(rank + port - set->ranges[i].first);
        rank += range_size(&set->ranges[i]);
    }
    return -1;
}

/* Reads digits at *TEXT and moves behind them; -EINVAL when there is no port number. */
static int parse_port(uint16_t *port, const char **text)
{
    uint32_t value = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint32_t)(*at - '0');
        if (value >= PORT_COUNT)
            return -EINVAL;
    }
    if (at == *text)
        return -EINVAL;
    *port = (uint16_t)value;
    *text = at;
    return 0;
}

static int parse_range(struct port_range *range, const char **text)
{
    if (parse_port(&range->first, text) < 0)
        return -EINVAL;
    range->last = range->first;
    if (**text != '-')
        return 0;
    ++*text;
    if (parse_port(&range->last, text) < 0 || range->last < range->first)
        return -EINVAL;
    return 0;
}

int portset_parse(struct portset *set, const char *text)
{
    struct portset parsed = {0};
    int status;
    for (;; text++) {
        struct port_range range;
        status = parse_range(&range, &text);
        if (status == 0)
            status = portset_add(&parsed, range.first, range.last);
        if (status < 0 || *text != ',')
            break;
    }
    if (status == 0 && *text != '\0')
        status = -EINVAL;
    if (status < 0)
        portset_free(&parsed);
    *set = parsed;
    return status;
}

char *portset_format(const struct portset *set)
{
    size_t room = set->count * sizeof "65534-65535," + 1;
    char *text = malloc(room);
    if (!text)
        return NULL;
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->count; i++) {
        const struct port_range *range = &set->ranges[i];
        const char *comma = i > 0 ? "," : "";
        int written = range->first == range->last
                          ? snprintf(text + length, room - length, "%s%u", comma, range->first)
                          : snprintf(text + length, room - length, "%s%u-%u", comma,
                                     range->first, range->last);
        length += (size_t)written;
    }
    return text;
}
