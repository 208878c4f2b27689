#include "items.h"

#include <string.h>

#include "buf.h"
#include "json.h"
#include "settings.h"

static const char BLANK[] = " \t\r\n"; /* RFC 8259 section 2 */

enum { PIECE = 32768 };

struct items {
    struct request *req;
    bool lines;  /* NDJSON */
    bool begun;  /* the array's first bracket was read */
    bool ended;  /* the last item was handed out */
    bool wanted; /* a comma was read: an item has to follow */
    bool in_string, escaped;
    int depth;
    struct buf item;
    size_t at, end; /* of what is left of the piece */
    char piece[PIECE];
};

struct items *items_open(struct request *req, long long max_bytes)
{
    bool lines =
        req_type_is(req, "application/x-ndjson") || req_type_is(req, "application/ndjson");
    if (!lines && !req_type_is(req, "application/json")) {
        problem_set(&req->problem, 415, "unsupported_media_type");
        return NULL;
    }
    if (!req_body_fits(req, max_bytes))
        return NULL;
    struct items *items = arena_alloc(req->arena, sizeof *items);
    items->req = req;
    items->lines = lines;
    items->item = buf_new(req->arena);
    return items;
}

/* Whether there is more of the body; reads the next piece where this one is used up. */
static bool more(struct items *items)
{
    if (items->at < items->end)
        return true;
    items->at = 0;
    items->end = req_read(items->req, items->piece, PIECE);
    return items->end > 0;
}

static bool broken(struct items *items)
{
    problem_set(&items->req->problem, 400, "invalid_json");
    return false;
}

/* How many of these bytes belong to the item at hand: all of them, or those before the comma or
 * bracket that ends it. */
static size_t span_of_item(struct items *items, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (items->escaped) {
            items->escaped = false;
        } else if (items->in_string) {
            items->escaped = c == '\\';
            items->in_string = c != '"';
        } else if (items->depth == 0 && (c == ',' || c == ']')) {
            return i;
        } else {
            items->in_string = c == '"';
            items->depth += (c == '[' || c == '{') - (items->depth && (c == ']' || c == '}'));
        }
    }
    return n;
}

static size_t span_of_line(const char *p, size_t n)
{
    const char *newline = memchr(p, '\n', n);
    return newline ? (size_t)(newline - p) : n;
}

/* Reads into items->item what comes before the next separator of the list, which *separator
 * becomes; a NUL where the body ended first. False where it is too large. */
static bool read_item(struct items *items, bool whole_body, char *separator)
{
    items->item.len = 0;
    buf_raw(&items->item, "");
    *separator = '\0';
    while (more(items)) {
        const char *p = items->piece + items->at;
        size_t left = items->end - items->at, n = left;
        if (!whole_body)
            n = items->lines ? span_of_line(p, left) : span_of_item(items, p, left);
        if (items->item.len + n > (size_t)settings()->max_body_bytes) {
            problem_set(&items->req->problem, 413, "body_too_large");
            return false;
        }
        buf_bytes(&items->item, p, n);
        items->at += n;
        if (n < left) {
            *separator = items->piece[items->at++];
            break;
        }
    }
    return true;
}

static bool is_blank(const struct buf *b)
{
    return strspn(buf_text(b), BLANK) == b->len;
}

/* Reads up to the array's first bracket. Where the body is something else, it is told. */
static bool begin_array(struct items *items)
{
    char none;
    while (more(items) && strchr(BLANK, items->piece[items->at]) && items->piece[items->at])
        items->at++;
    if (more(items) && items->piece[items->at] == '[') {
        items->at++;
        return items->begun = true;
    }
    struct json_object *value;
    if (!read_item(items, true, &none))
        return false;
    if (!json_read(items->req->arena, buf_text(&items->item), items->item.len, &value))
        return broken(items);
    problem_field(&items->req->problem, "", "not_list", NULL);
    return false;
}

/* Behind the last bracket nothing may follow. */
static bool end_array(struct items *items)
{
    for (; more(items); items->at++)
        if (!items->piece[items->at] || !strchr(BLANK, items->piece[items->at]))
            return broken(items);
    return false;
}

static bool next_of_array(struct items *items)
{
    char separator;
    if (items->ended)
        return end_array(items);
    if ((!items->begun && !begin_array(items)) || !read_item(items, false, &separator))
        return false;
    items->ended = separator == ']';
    bool blank = is_blank(&items->item);
    if (!separator || (blank && (items->wanted || !items->ended)))
        return broken(items);
    items->wanted = true;
    return blank ? end_array(items) : true;
}

static bool next_line(struct items *items)
{
    char separator;
    do {
        if (!more(items) || !read_item(items, false, &separator))
            return false;
    } while (is_blank(&items->item));
    return true;
}

bool items_next(struct items *items, const char **text, size_t *n)
{
    bool found = items->lines ? next_line(items) : next_of_array(items);
    *text = buf_text(&items->item);
    *n = items->item.len;
    return found;
}
