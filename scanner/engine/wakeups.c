#include "scanner/engine/wakeups.h"

#include <errno.h>
#include <stdlib.h>

int wakeups_init(struct wakeups *wakeups, size_t hosts)
{
    *wakeups = (struct wakeups){.hosts = hosts};
    wakeups->heap = calloc(hosts ? hosts : 1, sizeof *wakeups->heap);
    wakeups->place = calloc(hosts ? hosts : 1, sizeof *wakeups->place);
    if (wakeups->heap && wakeups->place)
        return 0;
    wakeups_free(wakeups);
    return -ENOMEM;
}

void wakeups_free(struct wakeups *wakeups)
{
    free(wakeups->heap);
    free(wakeups->place);
    *wakeups = (struct wakeups){0};
}

static void put(struct wakeups *wakeups, size_t index, struct wakeup wakeup)
{
    wakeups->heap[index] = wakeup;
    wakeups->place[wakeup.host] = (uint32_t)index + 1;
}

static void sift_up(struct wakeups *wakeups, size_t index)
{
    struct wakeup moving = wakeups->heap[index];
    while (index > 0 && wakeups->heap[(index - 1) / 2].at > moving.at) {
        put(wakeups, index, wakeups->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(wakeups, index, moving);
}

static void sift_down(struct wakeups *wakeups, size_t index)
{
    struct wakeup moving = wakeups->heap[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= wakeups->count)
            break;
        if (child + 1 < wakeups->count && wakeups->heap[child + 1].at < wakeups->heap[child].at)
            child++;
        if (wakeups->heap[child].at >= moving.at)
            break;
        put(wakeups, index, wakeups->heap[child]);
        index = child;
    }
    put(wakeups, index, moving);
}

static void remove_at(struct wakeups *wakeups, size_t index)
{
    wakeups->place[wakeups->heap[index].host] = 0;
    struct wakeup last = wakeups->heap[--wakeups->count];
    if (index == wakeups->count)
        return;
    put(wakeups, index, last);
    sift_up(wakeups, index);
    sift_down(wakeups, wakeups->place[last.host] - 1);
}

void wakeups_set(struct wakeups *wakeups, uint32_t host, nsec_t at)
{
    uint32_t place = wakeups->place[host];
    if (at == NSEC_NEVER) {
        if (place)
            remove_at(wakeups, place - 1);
        return;
    }
    if (!place) {
        put(wakeups, wakeups->count, (struct wakeup){at, host});
        place = (uint32_t)++wakeups->count;
    }
    wakeups->heap[place - 1].at = at;
    sift_up(wakeups, place - 1);
    sift_down(wakeups, wakeups->place[host] - 1);
}

nsec_t wakeups_next(const struct wakeups *wakeups)
{
    return wakeups->count ? wakeups->heap[0].at : NSEC_NEVER;
}

bool wakeups_take(struct wakeups *wakeups, nsec_t now, uint32_t *host)
{
    if (wakeups->count == 0 || wakeups->heap[0].at > now)
        return false;
    *host = wakeups->heap[0].host;
    remove_at(wakeups, 0);
    return true;
}
