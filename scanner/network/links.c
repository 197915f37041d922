#include "scanner/network/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void links_free(struct links *links)
{
    free(links->links);
    free(links->sources);
    *links = (struct links){0};
}

static struct kernel_link *find_link(const struct links *links, uint32_t interface)
{
    for (size_t i = 0; i < links->link_count; i++)
        if (links->links[i].interface == interface)
            return &links->links[i];
    return NULL;
}

static struct used_source *find_source(const struct links *links, const struct addr *source)
{
    for (size_t i = 0; i < links->source_count; i++)
        if (addr_equal(&links->sources[i].address, source))
            return &links->sources[i];
    return NULL;
}

const struct kernel_link *links_find(const struct links *links, uint32_t interface)
{
    return find_link(links, interface);
}

int links_use(struct links *links, const struct kernel_link *link)
{
    if (find_link(links, link->interface))
        return 0;
    size_t size = (links->link_count + 1) * sizeof *links->links;
    struct kernel_link *grown = realloc(links->links, size);
    if (!grown)
        return -ENOMEM;
    links->links = grown;
    links->links[links->link_count++] = *link;
    return 0;
}

int links_use_source(struct links *links, const struct addr *source)
{
    if (find_source(links, source))
        return 0;
    size_t size = (links->source_count + 1) * sizeof *links->sources;
    struct used_source *grown = realloc(links->sources, size);
    if (!grown)
        return -ENOMEM;
    links->sources = grown;
    links->sources[links->source_count++] =
        (struct used_source){.address = *source, .present = true};
    return 0;
}

void links_forget(struct links *links, uint32_t interface)
{
    struct kernel_link *link = find_link(links, interface);
    if (link)
        *link = links->links[--links->link_count];
}

static void apply_link(struct links *links, const struct change *change)
{
    struct kernel_link *link = find_link(links, change->link.interface);
    if (!link)
        return;
    if (link->up != change->link.up)
        links->changes++;
    *link = change->link;
}

static void apply_address(struct links *links, const struct change *change)
{
    struct used_source *source = find_source(links, &change->address);
    if (!source || source->present == change->present)
        return;
    source->present = change->present;
    links->changes++;
}

void links_apply(struct links *links, const struct change *change)
{
    switch (change->kind) {
    case CHANGE_LINK:
        apply_link(links, change);
        break;
    case CHANGE_ADDRESS:
        apply_address(links, change);
        break;
    case CHANGE_LOST:
        links->changes++;
        break;
    case CHANGE_ROUTE: /* concerns those who know the destinations */
    case CHANGE_NONE:
        break;
    }
}

bool links_down(const struct links *links)
{
    for (size_t i = 0; i < links->link_count; i++)
        if (!links->links[i].up)
            return true;
    for (size_t i = 0; i < links->source_count; i++)
        if (!links->sources[i].present)
            return true;
    return false;
}
