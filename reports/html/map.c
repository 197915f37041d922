/* The picture of a host's ports: the first 1,024 large, as that is where services live,
 * and below them all 65,536, 256 in a row. */
#include "reports/html/html.h"

#include "reports/draft.h"

#include <inttypes.h>
#include <stdlib.h>

/* Ports laid out in rows, from FIRST to LAST. */
struct grid {
    uint32_t first, last, columns;
    unsigned cell, top; /* size of a port and where the grid begins, in the picture's units */
    const char *title;
};

enum { WIDTH = 256, HEIGHT = 356 };

static const struct grid grids[] = {
    {0, 1023, 64, 4, 12, "0 to 1023"},
    {0, 65535, 256, 1, 96, "0 to 65535"},
};

/* Broken ranges that are framed; more of them are seen by their colour alone. */
enum { FRAMES_MAX = 100 };

enum { NAME_HEIGHT = 8 };

/* Ports FROM to TO, which fill one row in part or ROWS rows, as a rectangle. */
static void write_block(FILE *path, const struct grid *grid, uint32_t from, uint32_t to,
                        uint32_t rows)
{
    uint32_t at = from - grid->first, width = (to - from + 1) / rows * grid->cell;
    fprintf(path, "M%" PRIu32 " %" PRIu32 "h%" PRIu32 "v%" PRIu32 "h-%" PRIu32 "z",
            at % grid->columns * grid->cell, at / grid->columns * grid->cell + grid->top, width,
            rows * grid->cell, width);
}

/* A range as at most three rectangles: the end of a row, whole rows, the start of one. */
static void write_range(FILE *path, const struct grid *grid, struct port_range range)
{
    uint32_t from = range.first, to = range.last < grid->last ? range.last : grid->last;
    uint32_t column = (from - grid->first) % grid->columns;
    if (column > 0 || to - from + 1 < grid->columns) {
        uint32_t end = from - column + grid->columns - 1;
        write_block(path, grid, from, to < end ? to : end, 1);
        from = end + 1;
    }
    uint32_t rows = to >= from ? (to - from + 1) / grid->columns : 0;
    if (rows > 0)
        write_block(path, grid, from, from + rows * grid->columns - 1, rows);
    from += rows * grid->columns;
    if (to >= from)
        write_block(path, grid, from, to, 1);
}

/* A frame around the rows that a range lies in, wide enough to be seen around one port. */
static void write_frame(FILE *path, const struct grid *grid, struct port_range range)
{
    uint32_t last = range.last < grid->last ? range.last : grid->last;
    uint32_t from = range.first - grid->first, to = last - grid->first;
    uint32_t row = from / grid->columns, rows = to / grid->columns - row + 1;
    uint32_t column = rows > 1 ? 0 : from % grid->columns;
    uint32_t columns = rows > 1 ? grid->columns : to - from + 1;
    uint32_t margin = grid->cell == 1 ? 3 : 1;
    int64_t x = (int64_t)column * grid->cell - margin;
    int64_t y = (int64_t)row * grid->cell + grid->top - margin;
    uint32_t width = columns * grid->cell + 2 * margin, height = rows * grid->cell + 2 * margin;
    fprintf(path, "M%" PRId64 " %" PRId64 "h%" PRIu32 "v%" PRIu32 "h-%" PRIu32 "z", x, y, width,
            height, width);
}

/* Adds a path of PORTS, each range drawn by WRITE, to the picture. */
static void write_path(struct xml *xml, const char *class, const struct grid *grid,
                       const struct portset *ports,
                       void (*write)(FILE *, const struct grid *, struct port_range))
{
    struct draft path;
    if (!draft_open(&path)) {
        xml_fail_no_memory(xml);
        return;
    }
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->ranges[i].first <= grid->last)
            write(path.out, grid, ports->ranges[i]);
    }
    char *text = draft_close(&path);
    if (text && *text == '\0') {
        free(text);
        return;
    }
    html_open(xml, "path", class);
    xml_attribute_take(xml, "d", text);
    xml_close_void(xml);
}

/* The ports of one protocol, by what is drawn of them. */
struct layers {
    struct portset audited, broken, states[PORT_STATE_COUNT];
};

static int layers_fill(struct layers *layers, const struct host_verdicts *host,
                       enum proto proto)
{
    int status = 0;
    for (size_t i = 0; i < host->count && status == 0; i++) {
        const struct verdict *verdict = &host->verdicts[i];
        if (verdict->seen.proto != proto)
            continue;
        status = portset_add_set(&layers->audited, &verdict->seen.ports);
        if (status == 0)
            status =
                portset_add_set(&layers->states[verdict->seen.state], &verdict->seen.ports);
        if (status == 0 && verdict->result == RESULT_BROKEN)
            status = portset_add_set(&layers->broken, &verdict->seen.ports);
    }
    return status;
}

static void layers_free(struct layers *layers)
{
    portset_free(&layers->audited);
    portset_free(&layers->broken);
    for (int state = 0; state < PORT_STATE_COUNT; state++)
        portset_free(&layers->states[state]);
}

static enum port_state most_common(const struct layers *layers)
{
    int most = PORT_UNKNOWN;
    for (int state = 0; state < PORT_STATE_COUNT; state++) {
        if (portset_size(&layers->states[state]) > portset_size(&layers->states[most]))
            most = state;
    }
    return (enum port_state)most;
}

/* The most common state is drawn under everything that was audited, which is far fewer
 * rectangles than its own ranges; the open ports come last, on top. */
static void write_grid(struct xml *xml, const struct grid *grid, const struct layers *layers)
{
    static const enum port_state order[] = {PORT_DROPPED, PORT_SILENT,  PORT_REJECTED,
                                            PORT_CLOSED,  PORT_UNKNOWN, PORT_OPEN};
    enum port_state most = most_common(layers);
    const struct portset all = {
        .ranges = &(struct port_range){(uint16_t)grid->first, (uint16_t)grid->last},
        .count = 1,
    };
    xml_open(xml, "text");
    xml_attribute_format(xml, "y", "%u", grid->top - 3);
    xml_text(xml, grid->title);
    xml_close(xml);
    write_path(xml, "unaudited", grid, &all, write_range);
    write_path(xml, port_state_name(most), grid, &layers->audited, write_range);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] != most)
            write_path(xml, port_state_name(order[i]), grid, &layers->states[order[i]],
                       write_range);
    }
    if (layers->broken.count <= FRAMES_MAX)
        write_path(xml, "frame", grid, &layers->broken, write_frame);
}

/* Names broken ranges beside their frames, as long as the names do not meet. */
static void write_names(struct xml *xml, const struct grid *grid, const struct portset *broken)
{
    int64_t free_from = 0; /* where the next name may stand */
    for (size_t i = 0; i < broken->count; i++) {
        struct port_range range = broken->ranges[i];
        uint32_t column = range.first % grid->columns;
        int64_t y = range.first / grid->columns + grid->top + NAME_HEIGHT / 2;
        bool left = column > grid->columns / 2;
        uint32_t width = 1U + range.last - range.first;
        if (y < free_from || width > grid->columns / 4)
            continue;
        free_from = y + NAME_HEIGHT;
        html_open(xml, "text", left ? "name left" : "name");
        xml_attribute_format(xml, "x", "%" PRIu32, left ? column - 6 : column + width + 6);
        xml_attribute_format(xml, "y", "%" PRId64, y);
        if (range.first == range.last)
            xml_text_format(xml, "%u", range.first);
        else
            xml_text_format(xml, "%u-%u", range.first, range.last);
        xml_close(xml);
    }
}

static void write_picture(struct xml *xml, const struct layers *layers, enum proto proto)
{
    html_open(xml, "figure", NULL);
    html_open(xml, "svg", "map");
    xml_attribute_format(xml, "viewBox", "-4 0 %d %d", WIDTH + 8, HEIGHT);
    xml_attribute(xml, "role", "img");
    xml_attribute_format(xml, "aria-label",
                         "Map of all %s ports by state; the list below says "
                         "the same",
                         proto_name(proto));
    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++)
        write_grid(xml, &grids[i], layers);
    if (layers->broken.count <= FRAMES_MAX)
        write_names(xml, &grids[1], &layers->broken);
    xml_close(xml);
    html_element(xml, "figcaption", NULL, proto_name(proto));
    xml_close(xml);
}

void html_map(struct xml *xml, const struct host_verdicts *host, enum proto proto)
{
    struct layers layers = {0};
    if (layers_fill(&layers, host, proto) < 0)
        xml_fail_no_memory(xml);
    write_picture(xml, &layers, proto);
    layers_free(&layers);
}
