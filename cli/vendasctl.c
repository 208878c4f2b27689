/*
 * vendasctl: the shop from a shell, over the API, for people (tables) and programs (--json).
 * vendasctl(1) is its manual.
 */
#include <curl/curl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"

static const struct command *const GROUPS[] = {ORDER_COMMANDS, PAYMENT_COMMANDS, STOCK_COMMANDS,
                                               REPORT_COMMANDS, GATEWAY_COMMANDS};
enum { GROUP_COUNT = sizeof GROUPS / sizeof *GROUPS };

static void print_usage(struct call *call, FILE *to)
{
    fprintf(to, "%s vendasctl [OPTIONS] COMMAND\n\n", call_text(call, "help_usage"));
    for (int g = 0; g < GROUP_COUNT; g++)
        for (const struct command *c = GROUPS[g]; c->group; c++)
            fprintf(to, "  %s %s %s\n      %s\n", c->group, c->name, c->usage,
                    call_text(call, c->about));
    fprintf(to,
            "\n  --json           %s\n  --url URL        %s\n  --client-id ID   %s\n"
            "  --config FILE    %s\n  --help, --version\n\nvendasctl(1)\n",
            call_text(call, "help_json"), call_text(call, "help_url"),
            call_text(call, "help_client_id"), call_text(call, "help_config"));
}

static const struct command *find(const char *group, const char *name)
{
    for (int g = 0; g < GROUP_COUNT; g++)
        for (const struct command *c = GROUPS[g]; c->group; c++)
            if (!strcmp(c->group, group) && !strcmp(c->name, name))
                return c;
    return NULL;
}

/* Completion ------------------------------------------------------------------------------- */

/* A line for each group, or for each command of one. */
static void print_names(const char *group)
{
    for (int g = 0; g < GROUP_COUNT; g++)
        for (const struct command *c = GROUPS[g]; c->group; c++)
            if (group ? !strcmp(c->group, group) : c == GROUPS[g])
                puts(group ? c->name : c->group);
}

/* Where orders stand, a line each. */
static const char STATUSES[] = "pending\npaid\nshipped\ndelivered\ncanceled\nexpired\n"
                               "refunded\npartially_refunded\nreturned";

/* Writes what may follow the words of a command line, a line each: what shells ask for. */
static void complete(int argc, char **argv)
{
    const char *words[2] = {NULL};
    int count = 0;
    if (argc && option_has_value(argv[argc - 1])) {
        if (!strcmp(argv[argc - 1], "--status"))
            puts(STATUSES);
        return;
    }
    for (int i = 0; i < argc && count < 2; i++)
        if (option_has_value(argv[i]))
            i++;
        else if (*argv[i] != '-')
            words[count++] = argv[i];
    const struct command *command = count == 2 ? find(words[0], words[1]) : NULL;
    if (count < 2)
        print_names(words[0]);
    if (command)
        options_print(command->usage);
    options_print(NULL);
}

/* The command line ------------------------------------------------------------------------- */

/* The caller's language, by the locale of messages. */
static enum lang language(void)
{
    const char *locale = setlocale(LC_MESSAGES, "");
    return locale && !strncmp(locale, "pt", 2) ? LANG_PT_BR : LANG_EN;
}

static int run_command(struct call *call, int argc, char **argv)
{
    const struct command *command = argc >= 2 ? find(argv[0], argv[1]) : NULL;
    if (!command) {
        print_usage(call, stderr);
        return EXIT_USAGE;
    }
    const char *stray = options_stray(call->client.arena, call->given, command->usage);
    if (stray)
        call_wrong(call, stray, "stray_option");
    if (stray || argc - 2 != command->arguments) {
        fprintf(stderr, "%s vendasctl %s %s %s\n", call_text(call, "help_usage"),
                command->group, command->name, command->usage);
        return EXIT_USAGE;
    }
    call->arguments = (const char *const *)argv + 2;
    command->run(call);
    return call->client.status;
}

static int run(struct call *call, int argc, char **argv)
{
    int first = options_read(call->client.arena, argc, argv, call->given);
    if (first < 0)
        return EXIT_USAGE;
    if (call->given[OPTION_HELP]) {
        print_usage(call, stdout);
        return EXIT_DONE;
    }
    if (call->given[OPTION_VERSION]) {
        puts("vendasctl " PACKAGE_VERSION);
        return EXIT_DONE;
    }
    call->client.config = call->given[OPTION_CONFIG];
    call->client.url = call->given[OPTION_URL];
    call->client.client_id = call->given[OPTION_CLIENT_ID];
    return run_command(call, argc - first, argv + first);
}

int main(int argc, char **argv)
{
    struct call call = {0};
    if (argc > 1 && !strcmp(argv[1], "--complete")) {
        complete(argc - 2, argv + 2);
        return EXIT_DONE;
    }
    call.client.arena = arena_new();
    call.client.lang = language();
    tzset();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = run(&call, argc, argv);
    if (fflush(stdout) && status == EXIT_DONE)
        status = EXIT_REFUSED;
    curl_global_cleanup();
    arena_free(call.client.arena);
    return status;
}
