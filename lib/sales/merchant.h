/*
 * merchant: the shop's accounts at gateways, a file each in the folder VENDAS_GATEWAYS, which
 * is read once when a program first asks. NAME.json (NAME: letters, digits, "-" and "_"):
 *
 *     {"gateway": "stripe", "live": false, "methods": ["card", "pix", "boleto"],
 *      "capture": "automatic", "secret_key_file": "stripe.key",
 *      "publishable_key": "pk_test_...", "webhook_secret_file": "stripe.webhook"}
 *
 *     {"gateway": "paypal", "live": false, "client_id": "...",
 *      "client_secret_file": "paypal.secret", "webhook_id": "..."}
 *
 * Besides: "capture" is "automatic" (so too where it is not there) or "manual", which sets
 * money aside where the gateway can until somebody captures it; "api_url" (https, or http on
 * loopback), "ca_file" and "return_url" are what they are below. Without "methods" all are
 * taken that the gateway has. Of several accounts of a gateway the first by name is taken where
 * a payment names none. What an account says about live must fit its keys, and no object of the
 * other kind is ever believed.
 *
 * Secrets stand in files of their own, named from the folder on. With the setting
 * "credential:gateways" the files are credentials that systemd hands over, as
 * LoadCredential=gateways:/etc/vendas/gateways names them (systemd.exec(5)).
 */
#ifndef VENDAS_SALES_MERCHANT_H
#define VENDAS_SALES_MERCHANT_H

#include <stdbool.h>

enum { MERCHANT_MAX = 32, MERCHANT_MAX_SECRETS = 4 };

/* What this process remembers of an account: lib/sales/gateway_http, gateway_paypal. */
struct merchant_memory {
    int timeouts;           /* in a row */
    long long silent_until; /* until when it is asked for nothing, in monotonic milliseconds */
    char *token;            /* PayPal's, from malloc; NULL for none */
    long long token_until;  /* until when it is good, in monotonic milliseconds */
};

struct merchant {
    const char *name;    /* the file's */
    const char *gateway; /* "stripe" or "paypal" */
    bool live;           /* real money */
    const char *methods; /* separated by blanks */
    bool capture_later;  /* money that can be set aside first is, until somebody captures it */
    const char *api_url; /* without a slash at its end; "api_url", else the gateway's own */
    const char *ca_file; /* certificates to trust, "" for the system's */
    const char *key_id;  /* Stripe's publishable key; PayPal's client id */
    const char *key;     /* the secret one */
    /* What notifications are checked with: Stripe's secrets, a line each in the file, of which
     * any may have signed; PayPal's webhook id. */
    int secret_count;
    const char *secrets[MERCHANT_MAX_SECRETS];
    const char *return_url; /* where the buyer goes from the gateway's page; else
                             * VENDAS_PUBLIC_URL */
    struct merchant_memory *memory;
};

/* Reads the folder, unless it has been; the functions below do so by themselves. Returns 0, or
 * -1 after a line on standard error for each fault; there are no accounts then, and the next
 * call reads again. Without the setting there are none either, and all is well. */
int merchants_load(void);

/* The i-th account by name, NULL after the last. */
const struct merchant *merchant_at(int i);

/* An account of the gateway: the one of that name; NULL or "" for name: the first. NULL: none.
 */
const struct merchant *merchant_find(const char *gateway, const char *name);

#endif
