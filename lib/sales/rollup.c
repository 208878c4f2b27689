#include "sales/rollup.h"

#include "db.h"
#include "settings.h"

static const char CATCH_UP[] = "SELECT sales.roll_up_some($1)";

bool rollup_catch_up(struct problem *p)
{
    return db_query(p->arena, p, CATCH_UP, settings()->timezone);
}
