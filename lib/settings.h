/*
 * settings: what an operator can set, read from the environment (VENDAS_*) once at start.
 *
 * The table in settings.c is the list; systemd/vendas.env documents each one. An unknown
 * VENDAS_ variable or a malformed value stops the program with a line that says which.
 */
#ifndef VENDAS_SETTINGS_H
#define VENDAS_SETTINGS_H

enum { MAX_ACCESS_TOKEN_SECONDS = 86400, MAX_REQUESTS_PER_MINUTE = 60000 };

struct settings {
    const char *database_url; /* libpq URI without a user: each program adds its own */
    const char *shop_name;    /* under which the shop writes to people */
    const char *public_url;   /* what buyers' browsers call; the issuer of tokens */
    const char *api_url;      /* what jobs call */
    const char *jwt_keys;     /* folder of KID.key (private) and KID.pub files, PEM, P-256 */
    const char *data_keys;    /* folder of N.key and lookup.key: what seals personal data */
    const char *common_passwords; /* files of passwords nobody may have, separated by blanks */
    long long access_token_seconds;         /* life of an access token */
    long long refresh_token_days;           /* life of a session without signing in again */
    long long sign_in_attempts;             /* failures before an account's next one waits */
    long long sign_in_attempts_per_address; /* the same for a client address */
    long long sign_in_longest_wait_seconds;
    const char *timezone;         /* the shop's, IANA name */
    const char *currency;         /* the shop's, ISO 4217 */
    const char *shop_state;       /* UF that the shop sells from, "" where not said */
    long long max_body_bytes;     /* larger request bodies are 413 */
    long long ingest_max_bytes;   /* the same of POST /v1/ingest, which is read item by item */
    long long order_hold_minutes; /* how long unpaid orders hold their stock */
    long long pix_hold_minutes;   /* the same from when somebody begins to pay so */
    long long boleto_hold_minutes;
    long long gateway_seconds;      /* how long a call of a gateway may take, all its requests
                                       together: less than sales.lease(), and than nginx waits */
    long long revive_late_payments; /* 1: who pays after his order has expired gets the goods
                                       where they are still there; 0: his money back */
    const char *alert_emails;  /* who is told of what needs a person, separated by blanks */
    long long stock_low_below; /* a variant is low of which less than this is available */
    const char *gateways;      /* where accounts at gateways are: lib/sales/merchant.h */
    const char *cors_origins;  /* origins allowed by CORS, separated by blanks; "" for none */
    const char *bank_account;  /* where bank transfers go; shown to the buyer */
    const char *collector_client_id; /* service account of the collector */
    const char *collector_client_secret;
    const char *collector_contact; /* address in the collector's User-Agent */
    const char *reports_dir;       /* where the report job writes its pages */
    long long report_hour;         /* from when on pages of what is over are mailed, 0 to 23 */
    const char *mail_url;          /* smtp(s)://host:port, or file:///folder */
    const char *mail_from; /* the shop's own address, as people see it and answer to it */
    const char *mail_ca;   /* file of the certificates to trust; "" for the system's */
    const char *mail_user; /* for signing in to the mail server; "" for not doing so */
    const char *mail_password;
    const char *image_store;   /* where pictures lie: lib/store.h */
    const char *s3_access_key; /* of a store that is S3 */
    const char *s3_secret_key;
    long long max_image_bytes; /* of a picture's file */
    long long image_keep_days; /* how long a picture that no product has any more stays */

    const char *search_url; /* the search engine's index; "" where PostgreSQL searches */
    const char *search_user, *search_password, *search_api_key; /* "" for none */
    const char *search_ca;       /* file of the certificates to trust; "" for the system's */
    long long search_timeout_ms; /* of a search */

    /* files of imports and exports: where they are, for how long they stay, the largest */
    const char *transfers_dir;
    long long transfer_days, max_import_bytes;

    /* for how long an ended session or an old role may still count */
    long long session_check_seconds;
    /* how old the key that signs tokens becomes */
    long long signing_key_days;
    /* requests of one account, in all programs of a host together; 0: any number */
    long long account_requests_per_minute;
    const char *limits_file; /* where they count them */
    long long cart_days;     /* how long a cart stays that nobody changes */
    /* for how long events are kept; how long a subscriber may take to answer; 1: subscribers
     * may be on loopback and private networks, and speak http on loopback */
    long long event_days, webhook_seconds, webhook_private_addresses;
    /* nginx's limits for one address: see nginx.conf.in */
    long long address_requests_per_second, address_connections;
    long long address_sign_ins_per_minute, address_letters_per_minute;
};

/* Reads the environment. Returns 0; or -1 after a line on stderr for every fault. */
int settings_load(void);

/* The settings in force; settings_load() must have succeeded. */
const struct settings *settings(void);

/* The name of the i-th setting ("VENDAS_..."), NULL after the last: for tests and documents. */
const char *settings_name(int i);

#endif
