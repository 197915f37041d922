#include "expect/waiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_PER_DAY = 86400 };

/* Days from 1970-01-01 to a date of the Gregorian calendar: whole 400-year eras of 146097
 * days, years that begin in March so that the leap day is the last. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

int64_t day_parse(const char *text)
{
    static const char shape[] = "dddd-dd-dd";
    if (strlen(text) != strlen(shape))
        return -1;
    for (size_t i = 0; shape[i]; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != '-')
            return -1;
    }
    int64_t year = strtol(text, NULL, 10), month = strtol(text + 5, NULL, 10),
            day = strtol(text + 8, NULL, 10);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return -1;
    return days_from_date(year, month, day);
}

int64_t day_of(struct timespec time)
{
    return time.tv_sec / SECONDS_PER_DAY;
}

bool waiver_covers(const struct waiver *waiver, const struct vantage *vantage, const char *name,
                   const struct addr *address)
{
    bool here = waiver->vantage_count == 0;
    for (size_t i = 0; i < waiver->vantage_count && !here; i++)
        here = waiver->vantages[i] == vantage;
    for (size_t i = 0; i < waiver->host_count && here; i++) {
        if (host_spec_covers(&waiver->hosts[i], name, address))
            return true;
    }
    return false;
}

const struct portset *waiver_ports(const struct waiver *waiver, enum proto proto)
{
    return &waiver->ports.first->named[proto];
}

char *waiver_say(const struct waiver *waiver, const char *what)
{
    char *text = NULL;
    bool several = waiver->host_count > 1;
    if (asprintf(&text, "%s:%u: the waiver of %s on %s%s%s%s%s %s", waiver->place.source->name,
                 place_line(waiver->place), waiver->ports.first->ports_text,
                 waiver->hosts[0].text, several ? " and others" : "", waiver->owner ? " (" : "",
                 waiver->owner ? waiver->owner : "", waiver->owner ? ")" : "", what) < 0)
        return NULL;
    return text;
}
