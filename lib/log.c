#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

static const char *program = "vendas";

/* Where a standard file was closed, the next connection would take its number: standard
 * error's, and be sent every line. */
static void fill_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

void log_program(const char *name)
{
    program = name;
    fill_standard_files();
}

static void begin(struct buf *line, const char *level)
{
    struct timespec now;
    struct tm utc;
    char time[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"program\":", time,
               now.tv_nsec / 1000000, level);
    buf_json(line, program);
}

static void member(struct buf *line, const char *name, const char *value)
{
    if (!value)
        return;
    buf_raw(line, ",");
    buf_json(line, name);
    buf_raw(line, ":");
    buf_json(line, value);
}

/* One write per line, so that the lines of several workers never mix. */
static void end(struct buf *line)
{
    buf_raw(line, "}\n");
    if (write(STDERR_FILENO, line->data, line->len) < 0)
        return; /* nowhere left to complain */
}

static void event(const char *level, const char *message, va_list members)
{
    struct arena *a = arena_new();
    struct buf line = buf_new(a);
    begin(&line, level);
    member(&line, "message", message);
    for (const char *name; (name = va_arg(members, const char *));)
        member(&line, name, va_arg(members, const char *));
    end(&line);
    arena_free(a);
}

void log_error(const char *message, ...)
{
    va_list members;
    va_start(members, message);
    event("error", message, members);
    va_end(members);
}

void log_info(const char *message, ...)
{
    va_list members;
    va_start(members, message);
    event("info", message, members);
    va_end(members);
}

void log_request(const struct log_answer *answer)
{
    static struct arena *a; /* kept: a request logs exactly one line */
    if (!a)
        a = arena_new();
    struct buf line = buf_new(a);
    bool error = answer->status >= 500 || (answer->cut && answer->code);
    begin(&line, error ? "error" : "info");
    member(&line, "request_id", answer->request_id);
    member(&line, "method", answer->method);
    member(&line, "route", answer->route);
    buf_printf(&line, ",\"status\":%d,\"bytes\":%lld,\"microseconds\":%lld", answer->status,
               answer->bytes, answer->microseconds);
    member(&line, "user", answer->user);
    member(&line, "code", answer->code);
    buf_raw(&line, answer->cut ? ",\"cut\":true" : "");
    end(&line);
    arena_reset(a);
}
