/*
 * report_table: a table of figures, described once. JSON, CSV and XLSX are made of the same
 * description and the same rows, while these come from the database: memory does not grow with
 * the table.
 *
 *     static const struct report_column COLUMNS[] = {
 *         {"state", REPORT_TEXT, NULL}, {"orders", REPORT_COUNT, NULL},
 *         {"revenue", REPORT_MONEY, NULL}, {0},
 *     };
 *     static const struct report_table TABLE = {"sales", COLUMNS, SQL, TOTALS};
 *     static const struct field QUERY[] = {PERIOD_FIELDS, REPORT_FORMAT_FIELD, {0}};
 *     ...
 *     report_respond(req, query, &TABLE, &period, head, period.from, period.to, zone);
 */
#ifndef VENDAS_SALES_REPORT_TABLE_H
#define VENDAS_SALES_REPORT_TABLE_H

#include "db.h"
#include "request.h"
#include "sales/period.h"

/* What a column holds: the SQL type that the statement gives, and what each format shows. A
 * NULL is "not known": null in JSON, an empty cell in the others.
 *
 *                 SQL                        JSON                     CSV           XLSX
 * REPORT_TEXT     text                       string                   guarded       string
 * REPORT_DATE     date                       "2026-01-31"             2026-01-31    date
 * REPORT_TIME     timestamptz                RFC 3339, UTC            shop's time   date
 * REPORT_COUNT    whole number               1234                     1234          #,##0
 * REPORT_MONEY    minor units                123456                   1234,56       #,##0.00
 * REPORT_PERCENT  hundredths of a percent    1250                     12,50%        0.00%
 * REPORT_DECIMAL  hundredths                 2.50                     2,50          #,##0.00
 * REPORT_NUMBER   one that names something   1234                     1234          as it is
 *
 * Numbers are bigint or shorter, or numeric without decimals. */
enum report_kind {
    REPORT_TEXT,
    REPORT_DATE,
    REPORT_TIME,
    REPORT_COUNT,
    REPORT_MONEY,
    REPORT_PERCENT,
    REPORT_DECIMAL,
    REPORT_NUMBER,
};

/* Its name is that of the member in JSON; its head in the others is the message "column_NAME",
 * or "column_HEAD" where there is a head. */
struct report_column {
    const char *name; /* NULL ends the columns */
    enum report_kind kind;
    const char *head;
};

enum { REPORT_MAX_COLUMNS = 64 };

/* All of it stays until the request ends. The statements give the columns in this order, and
 * nothing else; each takes as many of the values as it names ($1, $2 ...). Both are answered
 * from one moment. Times in them are the shop's only where they say so (AT TIME ZONE). */
struct report_table {
    const char *name; /* of the file; the message "report_NAME" is the worksheet's title */
    const struct report_column *columns;
    const char *sql;
    const char *totals; /* one row, NULL where there are none */
};

/* For a table of query fields: which format is asked for. Without it the Accept header says
 * (RFC 9110 section 12.5.1), and JSON is what there is otherwise. */
#define REPORT_FORMAT_FIELD                                                                    \
    {                                                                                          \
        "format", FIELD_CHOICE, 0, 0, 0, "json csv xlsx", NULL                                 \
    }

/* Answers a request for the table with the values (const char *, NULL for SQL's NULL) that
 * follow. query is the checked query.
 *
 * JSON: {HEAD, "rows": [{NAME: value}], "totals": {NAME: value}}. head is text of members
 * without braces ("\"from\":\"2026-01-01\",\"currency\":\"BRL\""), "" for none; "totals" has
 * the columns that are not NULL there, and is missing without a statement for it.
 *
 * CSV and XLSX come as an attachment "NAME_FROM_TO.csv", to being the last day that counts;
 * period NULL: "NAME.csv". Heads, separators and decimal marks are in the request's language.
 * Totals are the last row, under "Total" where the first column is a text without a value.
 *
 * Nothing is sent before the first row is there, so until then whatever fails is told as a
 * problem. A table that breaks off later breaks the connection off, as respond_stream() says;
 * XLSX is made as a whole before it is sent. A HEAD reads no further than that row. */
#define report_respond(req, query, table, period, head, ...)                                   \
    report_answer(req, query, table, period, head, DB_COUNT(__VA_ARGS__),                      \
                  (const char *const[]){NULL __VA_OPT__(, ) __VA_ARGS__} + 1)

/* The same with values that were put together. */
void report_answer(struct request *req, struct json_object *query,
                   const struct report_table *table, const struct period *period,
                   const char *head, int count, const char *const *values);

#endif
