/*
 * rollup: what reports read, kept up to date (sql/0054_rollups.sql).
 */
#ifndef VENDAS_SALES_ROLLUP_H
#define VENDAS_SALES_ROLLUP_H

#include "problem.h"

/* Counts what was sold a moment ago, so that a report read after this has it; of a long queue
 * only a part, as that is the job's. False with the problem filled. */
bool rollup_catch_up(struct problem *p);

#endif
