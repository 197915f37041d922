#include "reports/reports.h"

#include <jansson.h>
#include <time.h>

void reports_prepare(void)
{
    json_object_seed(0);
    tzset();
}
