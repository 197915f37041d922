#include "tests/simulator/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The last 4 bytes as a number: machines of a group differ in nothing else. */
static uint32_t low_bits(const struct addr *address)
{
    const uint8_t *at = address->bytes + addr_length(address) - 4;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool same_high_bits(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, addr_length(a) - 4) == 0;
}

bool sim_host_has(const struct sim_host *host, const struct addr *address)
{
    return same_high_bits(&host->first, address) &&
           low_bits(address) - low_bits(&host->first) < host->count;
}

static int compare_rows(const void *left, const void *right)
{
    const struct sim_row *a = left, *b = right;
    return a->proto != b->proto ? (int)a->proto - (int)b->proto : a->first - b->first;
}

static int compare_groups(const void *left, const void *right)
{
    const struct sim_group *a = left, *b = right;
    return addr_compare(&a->host->first, &b->host->first);
}

static int check_answer(const struct sim_config *config, const struct sim_answer *answer,
                        enum proto proto, struct error *error)
{
    if (answer->router > config->router_count)
        return error_set(error, -EINVAL, "no router %u", answer->router);
    bool tcp_only = answer->behaviour == SIM_REJECT_RESET || answer->behaviour == SIM_SYN_PROXY;
    if (tcp_only && proto != PROTO_TCP)
        return error_set(error, -EINVAL, "a TCP behaviour on a UDP port");
    if (answer->behaviour == SIM_MUTE && proto != PROTO_UDP)
        return error_set(error, -EINVAL, "a UDP behaviour on a TCP port");
    return 0;
}

static int check_rows(const struct sim_config *config, const struct sim_group *group,
                      struct error *error)
{
    for (size_t i = 0; i < group->host->row_count; i++) {
        const struct sim_row *row = &group->rows[i];
        if (row->first > row->last)
            return error_set(error, -EINVAL, "row %u-%u is empty", row->first, row->last);
        if (i > 0 && row[-1].proto == row->proto && row[-1].last >= row->first)
            return error_set(error, -EINVAL, "rows overlap at port %u", row->first);
        int code = check_answer(config, &row->answer, row->proto, error);
        if (code < 0)
            return code;
    }
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        int code =
            check_answer(config, &group->host->otherwise[proto], (enum proto)proto, error);
        if (code < 0)
            return code;
    }
    return 0;
}

static int fill_group(struct sim_group *group, const struct sim_config *config, size_t index,
                      struct error *error)
{
    const struct sim_host *host = group->host = &config->hosts[index];
    if (host->count == 0 || addr_length(&host->first) == 0 ||
        low_bits(&host->first) > UINT32_MAX - (host->count - 1))
        return error_set(error, -EINVAL, "host %zu has no addresses", index);
    if (host->row_count == 0)
        return check_rows(config, group, error);
    group->rows = malloc(host->row_count * sizeof(*group->rows));
    if (group->rows == NULL)
        return error_no_memory(error);
    memcpy(group->rows, host->rows, host->row_count * sizeof(*group->rows));
    qsort(group->rows, host->row_count, sizeof(*group->rows), compare_rows);
    return check_rows(config, group, error);
}

static int check_overlap(const struct sim_places *places, struct error *error)
{
    for (size_t i = 1; i < places->group_count; i++)
        if (sim_host_has(places->groups[i - 1].host, &places->groups[i].host->first))
            return error_set(error, -EINVAL, "two hosts have the same address");
    return 0;
}

int sim_places_init(struct sim_places *places, const struct sim_config *config,
                    struct error *error)
{
    *places = (struct sim_places){0};
    places->groups = calloc(config->host_count + 1, sizeof(*places->groups));
    if (places->groups == NULL)
        return error_no_memory(error);
    for (size_t i = 0; i < config->host_count; i++) {
        places->group_count++;
        int code = fill_group(&places->groups[i], config, i, error);
        if (code < 0)
            return code;
    }
    qsort(places->groups, places->group_count, sizeof(*places->groups), compare_groups);
    for (size_t i = 0; i < places->group_count; i++) {
        places->groups[i].first_state = places->machine_count;
        places->machine_count += places->groups[i].host->count;
    }
    places->memories = calloc(places->machine_count + 1, sizeof(*places->memories));
    return places->memories == NULL ? error_no_memory(error) : check_overlap(places, error);
}

void sim_places_free(struct sim_places *places)
{
    for (size_t i = 0; i < places->group_count; i++)
        free(places->groups[i].rows);
    free(places->groups);
    free(places->memories);
    *places = (struct sim_places){0};
}

struct sim_place sim_places_find(const struct sim_places *places, const struct addr *address)
{
    size_t low = 0, high = places->group_count;
    while (low < high) { /* the first group that begins after ADDRESS */
        size_t middle = (low + high) / 2;
        if (addr_compare(&places->groups[middle].host->first, address) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || !sim_host_has(places->groups[low - 1].host, address))
        return (struct sim_place){0};
    const struct sim_group *group = &places->groups[low - 1];
    uint32_t offset = low_bits(address) - low_bits(&group->host->first);
    return (struct sim_place){group, &places->memories[group->first_state + offset]};
}

struct addr sim_places_address(const struct sim_places *places, size_t index)
{
    size_t i = places->group_count - 1;
    while (places->groups[i].first_state > index)
        i--;
    struct addr address = places->groups[i].host->first;
    uint32_t low = low_bits(&address) + (uint32_t)(index - places->groups[i].first_state);
    uint8_t *at = address.bytes + addr_length(&address) - 4;
    for (int byte = 3; byte >= 0; byte--, low >>= 8)
        at[byte] = (uint8_t)low;
    return address;
}

const struct sim_answer *sim_group_answer(const struct sim_group *group, enum proto proto,
                                          uint16_t port)
{
    struct sim_row wanted = {.proto = proto, .first = port};
    size_t low = 0, high = group->host->row_count;
    while (low < high) { /* the first row that begins after PORT */
        size_t middle = (low + high) / 2;
        if (compare_rows(&group->rows[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct sim_row *row = low == 0 ? NULL : &group->rows[low - 1];
    bool inside = row != NULL && row->proto == proto && port <= row->last;
    return inside ? &row->answer : &group->host->otherwise[proto];
}

const struct sim_answer *simulator_truth(const struct sim_config *config,
                                         const struct addr *address, enum proto proto,
                                         uint16_t port)
{
    for (size_t i = 0; i < config->host_count; i++) {
        const struct sim_host *host = &config->hosts[i];
        if (!sim_host_has(host, address))
            continue;
        for (size_t j = 0; j < host->row_count; j++) {
            const struct sim_row *row = &host->rows[j];
            if (row->proto == proto && row->first <= port && port <= row->last)
                return &row->answer;
        }
        return &host->otherwise[proto];
    }
    return NULL;
}
