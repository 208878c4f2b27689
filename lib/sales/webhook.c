#include "sales/webhook.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "digest.h"
#include "ip.h"
#include "settings.h"

const char WEBHOOK_EVENT_TYPES[] =
    "order.* order.placed order.paid order.shipped order.delivered order.canceled "
    "order.expired order.refunded order.partially_refunded order.returned "
    "order.address_changed order.ready order.goods_shipped order.goods_delivered "
    "order.goods_returned order.money_returned "
    "payment.* payment.begun payment.authorized payment.captured payment.failed "
    "payment.canceled payment.refunded payment.partially_refunded "
    "stock.* stock.moved "
    "product.* product.created product.changed product.deleted";

enum { LONGEST_HOST = 256 };

struct place {
    bool https, with_user;
    char host[LONGEST_HOST];
};

/* One part of a URL, "" where it has none. */
static bool part(CURLU *url, CURLUPart which, char *to, size_t size)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(url, which, &text, 0);
    bool fits = code ? code == CURLUE_NO_USER : strlen(text) < size;
    if (fits)
        strcpy(to, text ? text : "");
    curl_free(text);
    return fits;
}

static bool read_url(const char *text, struct place *place)
{
    char scheme[8], user[LONGEST_HOST];
    CURLU *url = curl_url();
    bool good = url && !curl_url_set(url, CURLUPART_URL, text, 0) &&
                part(url, CURLUPART_SCHEME, scheme, sizeof scheme) &&
                part(url, CURLUPART_USER, user, sizeof user) &&
                part(url, CURLUPART_HOST, place->host, sizeof place->host);
    if (good) {
        place->https = !strcmp(scheme, "https");
        place->with_user = *user;
    }
    curl_url_cleanup(url);
    return good && (place->https || !strcmp(scheme, "http"));
}

/* An address that a host is in figures; false for a name. */
static bool read_address(const char *host, struct sockaddr_storage *to)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    char inner[LONGEST_HOST];
    *to = (struct sockaddr_storage){.ss_family = AF_INET};
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1)
        return true;
    size_t n = strlen(host);
    if (n < 3 || host[0] != '[' || host[n - 1] != ']')
        return false;
    memcpy(inner, host + 1, n - 2);
    inner[n - 2] = '\0';
    to->ss_family = AF_INET6;
    return inet_pton(AF_INET6, inner, &v6->sin6_addr) == 1;
}

const char *webhook_url_fault(const char *url)
{
    struct place place;
    struct sockaddr_storage address;
    bool near = settings()->webhook_private_addresses;
    if (!read_url(url, &place))
        return "not_url";
    if (place.with_user)
        return "url_with_password";
    if (!place.https && !(near && ip_is_this_host(place.host)))
        return "url_not_https";
    bool private = !strcasecmp(place.host, "localhost") ||
                   (read_address(place.host, &address) &&
                    ip_is_private((const struct sockaddr *)&address));
    return private && !near ? "url_private" : NULL;
}

char *webhook_signature(struct arena *a, const char *secret, time_t at, const char *body)
{
    return arena_printf(a, "t=%lld,v1=%s", (long long)at,
                        digest_hmac_at(a, secret, at, body, strlen(body)));
}
