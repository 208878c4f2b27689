/*
 * vendasctl: the shop from a shell, over the API, for people (tables) and programs (--json).
 * vendasctl(1) is its manual.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "command.h"
#include "fields.h"
#include "messages.h"
#include "uuid.h"

enum { DEFAULT_LIMIT = 20, PAGE = 100, DEFAULT_MAX = 5 };

static const struct command *const GROUPS[] = {ORDER_COMMANDS, STOCK_COMMANDS};
enum { GROUP_COUNT = sizeof GROUPS / sizeof *GROUPS };

/* What commands share ---------------------------------------------------------------------- */

const char *call_text(const struct call *call, const char *code)
{
    return message_with(call->client.arena, code, call->client.lang, NULL);
}

const char *call_id(struct call *call, int argument)
{
    const char *id = call->arguments[argument];
    if (uuid_valid(id))
        return id;
    fprintf(stderr, "vendasctl: %s: not an id\n", id);
    call->client.status = EXIT_USAGE;
    return NULL;
}

const char *call_reason(struct call *call)
{
    if (!call->reason)
        return NULL;
    struct buf body = buf_new(call->client.arena);
    buf_raw(&body, "{\"reason\":");
    buf_json(&body, call->reason);
    buf_raw(&body, "}");
    return body.data;
}

static const char *next_page(struct call *call, const char *path, struct json_object *page)
{
    const char *cursor = field_text(page, "next_cursor");
    struct buf b = buf_new(call->client.arena);
    if (!cursor)
        return NULL;
    buf_printf(&b, "%s&cursor=", path);
    buf_url(&b, cursor);
    return b.data;
}

/* The rows of a page as members of the one list that --json writes. */
static void write_rows(struct buf *to, struct json_object *data)
{
    for (size_t i = 0; i < json_object_array_length(data); i++)
        buf_printf(to, "%s%s", to->data[to->len - 1] == '[' ? "" : ",",
                   json_object_to_json_string_ext(json_object_array_get_idx(data, i),
                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
}

void call_list(struct call *call, const char *path,
               void (*show)(struct call *call, void *to, struct json_object *data), void *to)
{
    struct buf all = buf_new(call->client.arena);
    const char *text, *at = path;
    buf_raw(&all, "{\"data\":[");
    do {
        struct json_object *page = client_ask(&call->client, "GET", at, NULL, NULL, &text);
        struct json_object *data = field_value(page, "data");
        if (!json_object_is_type(data, json_type_array))
            return;
        if (call->json)
            write_rows(&all, data);
        else
            show(call, to, data);
        at = call->all ? next_page(call, path, page) : NULL;
    } while (at);
    if (call->json)
        printf("%s]}\n", all.data);
}

/* The command line ------------------------------------------------------------------------- */

static void print_usage(FILE *to)
{
    fputs("usage: vendasctl [OPTIONS] COMMAND\n\n", to);
    for (int g = 0; g < GROUP_COUNT; g++)
        for (const struct command *c = GROUPS[g]; c->group; c++)
            fprintf(to, "  %s %s %s\n      %s\n", c->group, c->name, c->usage, c->about);
    fputs("\n  --json           the API's documents, for programs\n"
          "  --url URL        where the shop is\n"
          "  --client-id ID   the service account that calls\n"
          "  --config FILE    where both and the secret stand (mode 0600)\n"
          "  --help, --version\n\n"
          "See vendasctl(1).\n",
          to);
}

static const struct command *find(const char *group, const char *name)
{
    for (int g = 0; g < GROUP_COUNT; g++)
        for (const struct command *c = GROUPS[g]; c->group; c++)
            if (!strcmp(c->group, group) && !strcmp(c->name, name))
                return c;
    return NULL;
}

static const struct option OPTIONS[] = {
    {"json", no_argument, NULL, 'j'},
    {"all", no_argument, NULL, 'a'},
    {"limit", required_argument, NULL, 'l'},
    {"max", required_argument, NULL, 'm'},
    {"status", required_argument, NULL, 's'},
    {"reason", required_argument, NULL, 'r'},
    {"key", required_argument, NULL, 'k'},
    {"url", required_argument, NULL, 'u'},
    {"client-id", required_argument, NULL, 'i'},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

/* A number within bounds; -1 after telling. */
static int number(const char *option, const char *text, int min, int max)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end != text && !*end && n >= min && n <= max)
        return (int)n;
    fprintf(stderr, "vendasctl: --%s: a number from %d to %d\n", option, min, max);
    return -1;
}

/* Whether the option was a good one. */
static bool take_option(struct call *call, int option, const char **config)
{
    struct client *c = &call->client;
    const char **text = option == 's'   ? &call->status
                        : option == 'r' ? &call->reason
                        : option == 'k' ? &call->key
                        : option == 'u' ? &c->url
                        : option == 'i' ? &c->client_id
                        : option == 'c' ? config
                                        : NULL;
    if (text)
        *text = optarg;
    else if (option == 'j')
        call->json = true;
    else if (option == 'a')
        call->all = true;
    else if (option == 'l')
        call->limit = number("limit", optarg, 1, PAGE);
    else if (option == 'm')
        call->max = number("max", optarg, 0, 1000000000);
    if (call->all)
        call->limit = call->limit < 0 ? call->limit : PAGE;
    return option != '?' && call->limit > 0 && call->max >= 0;
}

/* Reads all options; EXIT_DONE with *run where there is something to do. */
static int read_options(struct call *call, int argc, char **argv, const char **config,
                        bool *run)
{
    int option;
    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            return EXIT_DONE;
        }
        if (option == 'V') {
            puts("vendasctl " PACKAGE_VERSION);
            return EXIT_DONE;
        }
        if (!take_option(call, option, config))
            return EXIT_USAGE;
    }
    *run = true;
    return EXIT_DONE;
}

/* The caller's language, by the locale of messages. */
static enum lang language(void)
{
    const char *locale = setlocale(LC_MESSAGES, "");
    return locale && !strncmp(locale, "pt", 2) ? LANG_PT_BR : LANG_EN;
}

static int run_command(struct call *call, int argc, char **argv, const char *config)
{
    const struct command *command = argc >= 2 ? find(argv[0], argv[1]) : NULL;
    if (!command) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (argc - 2 != command->arguments) {
        fprintf(stderr, "usage: vendasctl %s %s %s\n", command->group, command->name,
                command->usage);
        return EXIT_USAGE;
    }
    call->arguments = (const char *const *)argv + 2;
    if (client_configure(&call->client, config))
        command->run(call);
    return call->client.status;
}

int main(int argc, char **argv)
{
    struct call call = {.limit = DEFAULT_LIMIT, .max = DEFAULT_MAX};
    const char *config = NULL;
    bool run = false;
    call.client.arena = arena_new();
    call.client.lang = language();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = read_options(&call, argc, argv, &config, &run);
    if (run)
        status = run_command(&call, argc - optind, argv + optind, config);
    if (fflush(stdout) && status == EXIT_DONE)
        status = EXIT_REFUSED;
    curl_global_cleanup();
    arena_free(call.client.arena);
    return status;
}
