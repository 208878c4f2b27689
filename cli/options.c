#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, LINES, NUMBER };

static const struct {
    const char *name;
    enum kind kind;
    int min, max; /* of a NUMBER */
} TABLE[OPTION_COUNT] = {
    [OPTION_JSON] = {"json", FLAG, 0, 0},
    [OPTION_URL] = {"url", TEXT, 0, 0},
    [OPTION_CLIENT_ID] = {"client-id", TEXT, 0, 0},
    [OPTION_CONFIG] = {"config", TEXT, 0, 0},
    [OPTION_HELP] = {"help", FLAG, 0, 0},
    [OPTION_VERSION] = {"version", FLAG, 0, 0},
    [OPTION_LIMIT] = {"limit", NUMBER, 1, 100},
    [OPTION_ALL] = {"all", FLAG, 0, 0},
    [OPTION_STATUS] = {"status", TEXT, 0, 0},
    [OPTION_FROM] = {"from", TEXT, 0, 0},
    [OPTION_TO] = {"to", TEXT, 0, 0},
    [OPTION_CUSTOMER] = {"customer", TEXT, 0, 0},
    [OPTION_PRODUCT] = {"product", TEXT, 0, 0},
    [OPTION_MIN_TOTAL] = {"min-total", TEXT, 0, 0},
    [OPTION_MAX_TOTAL] = {"max-total", TEXT, 0, 0},
    [OPTION_GATEWAY] = {"gateway", TEXT, 0, 0},
    [OPTION_READY] = {"ready", FLAG, 0, 0},
    [OPTION_TEXT] = {"text", TEXT, 0, 0},
    [OPTION_CARRIER] = {"carrier", TEXT, 0, 0},
    [OPTION_TRACKING] = {"tracking", TEXT, 0, 0},
    [OPTION_ITEMS] = {"items", TEXT, 0, 0},
    [OPTION_LOCATION] = {"location", TEXT, 0, 0},
    [OPTION_MAX] = {"max", NUMBER, 0, 1000000000},
    [OPTION_AMOUNT] = {"amount", TEXT, 0, 0},
    [OPTION_CLOSED] = {"closed", FLAG, 0, 0},
    [OPTION_REASON] = {"reason", TEXT, 0, 0},
    [OPTION_KEY] = {"key", TEXT, 0, 0},
    [OPTION_USER] = {"user", TEXT, 0, 0},
    [OPTION_LANGUAGE] = {"language", TEXT, 0, 0},
    [OPTION_SECRET_FILE] = {"secret-file", TEXT, 0, 0},
    [OPTION_WEBHOOK_ID] = {"webhook-id", TEXT, 0, 0},
    [OPTION_CERT_FILE] = {"cert-file", TEXT, 0, 0},
    [OPTION_CA_FILE] = {"ca-file", TEXT, 0, 0},
    [OPTION_HEADER] = {"header", LINES, 0, 0},
    [OPTION_AT] = {"at", TEXT, 0, 0},
};

/* Beyond all characters, so that none is taken for "?". */
enum { FIRST = 256 };

static bool is_within(const char *digits, int min, int max)
{
    char *end;
    long n = strtol(digits, &end, 10);
    return end != digits && !*end && strspn(digits, "0123456789") == strlen(digits) &&
           n >= min && n <= max;
}

int options_read(struct arena *a, int argc, char **argv, const char *given[OPTION_COUNT])
{
    struct option long_options[OPTION_COUNT + 1] = {{NULL, 0, NULL, 0}};
    int option;
    for (int i = 0; i < OPTION_COUNT; i++)
        long_options[i] = (struct option){
            TABLE[i].name, TABLE[i].kind == FLAG ? no_argument : required_argument, NULL,
            FIRST + i};
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        int i = option == 'h' ? OPTION_HELP : option - FIRST;
        if (option == '?')
            return -1;
        if (TABLE[i].kind == NUMBER && !is_within(optarg, TABLE[i].min, TABLE[i].max)) {
            fprintf(stderr, "vendasctl: --%s: %d..%d\n", TABLE[i].name, TABLE[i].min,
                    TABLE[i].max);
            return -1;
        }
        if (TABLE[i].kind == LINES && given[i])
            given[i] = arena_printf(a, "%s\n%s", given[i], optarg);
        else
            given[i] = TABLE[i].kind == FLAG ? "true" : optarg;
    }
    return optind;
}

/* Whether the option stands in the usage, as a whole: --max is not in --max-total. */
static bool is_in(const char *usage, const char *name)
{
    size_t n = strlen(name);
    for (const char *s = usage; (s = strstr(s, "--")); s += 2)
        if (!strncmp(s + 2, name, n) && strchr(" ]", s[2 + n]))
            return true;
    return false;
}

const char *options_stray(struct arena *a, const char *const *given, const char *usage)
{
    for (int i = OPTION_VERSION + 1; i < OPTION_COUNT; i++)
        if (given[i] && !is_in(usage, TABLE[i].name))
            return arena_printf(a, "--%s", TABLE[i].name);
    return NULL;
}

bool option_has_value(const char *word)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (TABLE[i].kind != FLAG && !strncmp(word, "--", 2) &&
            !strcmp(word + 2, TABLE[i].name))
            return true;
    return false;
}

void options_print(const char *usage)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (usage ? is_in(usage, TABLE[i].name) : i <= OPTION_VERSION)
            printf("--%s\n", TABLE[i].name);
}
