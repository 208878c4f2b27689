#include "settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brazil.h"

enum type { TEXT, NUMBER, STATE /* a UF, or empty */ };

struct setting {
    const char *name;
    enum type type;
    size_t offset;
    const char *fallback;
    long long min, max; /* of a number, or of a text's length (max 0: any) */
};

#define SETTING(NAME, TYPE, MEMBER, FALLBACK, MIN, MAX)                                        \
    {                                                                                          \
        "VENDAS_" NAME, TYPE, offsetof(struct settings, MEMBER), FALLBACK, MIN, MAX            \
    }

static const struct setting TABLE[] = {
    SETTING("DATABASE_URL", TEXT, database_url, "postgresql:///vendas", 1, 0),
    SETTING("SHOP_NAME", TEXT, shop_name, "Vendas", 1, 60),
    SETTING("PUBLIC_URL", TEXT, public_url, "http://127.0.0.1:8080", 1, 0),
    SETTING("API_URL", TEXT, api_url, "http://127.0.0.1:8080", 1, 0),
    SETTING("JWT_KEYS", TEXT, jwt_keys, "/etc/vendas/keys", 1, 0),
    SETTING("SIGNING_KEY_DAYS", NUMBER, signing_key_days, "90", 1, 3650),
    SETTING("DATA_KEYS", TEXT, data_keys, "/etc/vendas/data-keys", 1, 0),
    SETTING("COMMON_PASSWORDS", TEXT, common_passwords,
            "/usr/share/vendas/data/passwords/brazil.txt "
            "/usr/share/vendas/data/passwords/world.txt",
            1, 0),
    SETTING("ACCESS_TOKEN_SECONDS", NUMBER, access_token_seconds, "900", 10,
            MAX_ACCESS_TOKEN_SECONDS),
    SETTING("SESSION_CHECK_SECONDS", NUMBER, session_check_seconds, "60", 0, 3600),
    SETTING("REFRESH_TOKEN_DAYS", NUMBER, refresh_token_days, "30", 1, 365),
    SETTING("ACCOUNT_REQUESTS_PER_MINUTE", NUMBER, account_requests_per_minute, "600", 0,
            MAX_REQUESTS_PER_MINUTE),
    SETTING("LIMITS_FILE", TEXT, limits_file, "/run/vendas/limits/accounts", 1, 0),
    SETTING("ADDRESS_REQUESTS_PER_SECOND", NUMBER, address_requests_per_second, "50", 1, 10000),
    SETTING("ADDRESS_CONNECTIONS", NUMBER, address_connections, "50", 1, 10000),
    SETTING("ADDRESS_SIGN_INS_PER_MINUTE", NUMBER, address_sign_ins_per_minute, "60", 1, 6000),
    SETTING("ADDRESS_LETTERS_PER_MINUTE", NUMBER, address_letters_per_minute, "10", 1, 6000),
    SETTING("SIGN_IN_ATTEMPTS", NUMBER, sign_in_attempts, "5", 1, 1000),
    SETTING("SIGN_IN_ATTEMPTS_PER_ADDRESS", NUMBER, sign_in_attempts_per_address, "50", 1,
            1000000),
    SETTING("SIGN_IN_LONGEST_WAIT_SECONDS", NUMBER, sign_in_longest_wait_seconds, "900", 1,
            86400),
    SETTING("TIMEZONE", TEXT, timezone, "America/Sao_Paulo", 1, 0),
    SETTING("CURRENCY", TEXT, currency, "BRL", 3, 3),
    SETTING("SHOP_STATE", STATE, shop_state, "", 0, 0),
    SETTING("MAX_BODY_BYTES", NUMBER, max_body_bytes, "1048576", 1024, 1073741824),
    SETTING("INGEST_MAX_BYTES", NUMBER, ingest_max_bytes, "67108864", 1024, 1073741824),
    SETTING("ORDER_HOLD_MINUTES", NUMBER, order_hold_minutes, "2880", 0, 43200),
    SETTING("PIX_HOLD_MINUTES", NUMBER, pix_hold_minutes, "30", 1, 43200),
    SETTING("BOLETO_HOLD_MINUTES", NUMBER, boleto_hold_minutes, "7200", 1, 43200),
    SETTING("GATEWAY_SECONDS", NUMBER, gateway_seconds, "20", 1, 25),
    SETTING("REVIVE_LATE_PAYMENTS", NUMBER, revive_late_payments, "1", 0, 1),
    SETTING("ALERT_EMAILS", TEXT, alert_emails, "", 0, 0),
    SETTING("STOCK_LOW_BELOW", NUMBER, stock_low_below, "5", 0, 1000000000),
    SETTING("CART_DAYS", NUMBER, cart_days, "90", 1, 3650),
    SETTING("EVENT_DAYS", NUMBER, event_days, "30", 4, 3650),
    SETTING("WEBHOOK_SECONDS", NUMBER, webhook_seconds, "10", 1, 30),
    SETTING("WEBHOOK_PRIVATE_ADDRESSES", NUMBER, webhook_private_addresses, "0", 0, 1),
    SETTING("CORS_ORIGINS", TEXT, cors_origins, "", 0, 0),
    SETTING("GATEWAYS", TEXT, gateways, "", 0, 0),
    SETTING("BANK_ACCOUNT", TEXT, bank_account, "", 0, 0),
    SETTING("COLLECTOR_CLIENT_ID", TEXT, collector_client_id, "", 0, 0),
    SETTING("COLLECTOR_CLIENT_SECRET", TEXT, collector_client_secret, "", 0, 0),
    SETTING("COLLECTOR_CONTACT", TEXT, collector_contact, "", 0, 0),
    SETTING("REPORTS_DIR", TEXT, reports_dir, "/var/lib/vendas/reports", 1, 0),
    SETTING("REPORT_HOUR", NUMBER, report_hour, "7", 0, 23),
    SETTING("TRANSFERS_DIR", TEXT, transfers_dir, "/var/lib/vendas/transfers", 1, 0),
    SETTING("TRANSFER_DAYS", NUMBER, transfer_days, "7", 1, 365),
    SETTING("MAX_IMPORT_BYTES", NUMBER, max_import_bytes, "67108864", 1024, 1073741824),
    SETTING("MAIL_URL", TEXT, mail_url, "smtp://localhost:25", 1, 0),
    SETTING("MAIL_FROM", TEXT, mail_from, "vendas@localhost", 3, 254),
    SETTING("MAIL_CA", TEXT, mail_ca, "", 0, 0),
    SETTING("MAIL_USER", TEXT, mail_user, "", 0, 0),
    SETTING("MAIL_PASSWORD", TEXT, mail_password, "", 0, 0),
    SETTING("IMAGE_STORE", TEXT, image_store, "file:///var/lib/vendas/images", 1, 0),
    SETTING("S3_ACCESS_KEY", TEXT, s3_access_key, "", 0, 0),
    SETTING("S3_SECRET_KEY", TEXT, s3_secret_key, "", 0, 0),
    SETTING("MAX_IMAGE_BYTES", NUMBER, max_image_bytes, "20971520", 1024, 104857600),
    SETTING("IMAGE_KEEP_DAYS", NUMBER, image_keep_days, "7", 0, 3650),
    SETTING("SEARCH_URL", TEXT, search_url, "", 0, 0),
    SETTING("SEARCH_USER", TEXT, search_user, "", 0, 0),
    SETTING("SEARCH_PASSWORD", TEXT, search_password, "", 0, 0),
    SETTING("SEARCH_API_KEY", TEXT, search_api_key, "", 0, 0),
    SETTING("SEARCH_CA", TEXT, search_ca, "", 0, 0),
    SETTING("SEARCH_TIMEOUT_MS", NUMBER, search_timeout_ms, "500", 10, 10000),
};
enum { COUNT = sizeof TABLE / sizeof *TABLE };

static struct settings loaded;
extern char **environ;

static int set_number(const struct setting *s, const char *value)
{
    char *end;
    errno = 0;
    long long n = strtoll(value, &end, 10);
    if (errno || end == value || *end || n < s->min || n > s->max) {
        fprintf(stderr, "%s: \"%s\" is not a whole number from %lld to %lld\n", s->name, value,
                s->min, s->max);
        return -1;
    }
    *(long long *)((char *)&loaded + s->offset) = n;
    return 0;
}

static int set_text(const struct setting *s, const char *value)
{
    long long length = (long long)strlen(value);
    const char *fault = NULL;
    if (length < s->min)
        fault = length ? "is too short" : "must not be empty";
    else if (s->max && length > s->max)
        fault = "is too long";
    if (fault) {
        fprintf(stderr, "%s: %s\n", s->name, fault);
        return -1;
    }
    *(const char **)((char *)&loaded + s->offset) = value;
    return 0;
}

static int set_state(const struct setting *s, const char *value)
{
    if (!*value || state_valid(value))
        return set_text(s, value);
    fprintf(stderr, "%s: \"%s\" is not the code of a state (UF), such as SP\n", s->name, value);
    return -1;
}

static int set(const struct setting *s, const char *value)
{
    return s->type == NUMBER  ? set_number(s, value)
           : s->type == STATE ? set_state(s, value)
                              : set_text(s, value);
}

static bool known(const char *variable)
{
    size_t len = strcspn(variable, "=");
    for (int i = 0; i < COUNT; i++)
        if (strlen(TABLE[i].name) == len && !strncmp(TABLE[i].name, variable, len))
            return true;
    return false;
}

int settings_load(void)
{
    int result = 0;
    for (int i = 0; i < COUNT; i++) {
        const char *value = getenv(TABLE[i].name);
        if (!value)
            value = TABLE[i].fallback;
        if (set(&TABLE[i], value))
            result = -1;
    }
    for (char **e = environ; *e; e++) {
        if (!strncmp(*e, "VENDAS_", 7) && !known(*e)) {
            fprintf(stderr, "%.*s: there is no such setting\n", (int)strcspn(*e, "="), *e);
            result = -1;
        }
    }
    return result;
}

const struct settings *settings(void)
{
    return &loaded;
}

const char *settings_name(int i)
{
    return i >= 0 && i < COUNT ? TABLE[i].name : NULL;
}
