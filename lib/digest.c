#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

char *digest_sha256(struct arena *a, const void *p, size_t n)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(p, n, hash);
    return hex_encode(a, hash, sizeof hash);
}

char *digest_token(struct arena *a, const char *token)
{
    return arena_printf(a, "\\x%s", digest_sha256(a, token, strlen(token)));
}

char *digest_hmac(struct arena *a, const char *key, const void *p, size_t n)
{
    unsigned char mac[SHA256_DIGEST_LENGTH];
    unsigned int length = 0;
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), p, n, mac, &length))
        return NULL;
    return hex_encode(a, mac, length);
}

char *digest_hmac_at(struct arena *a, const char *key, long long at, const void *p, size_t n)
{
    struct buf text = buf_new(a);
    buf_printf(&text, "%lld.", at);
    buf_bytes(&text, p, n);
    return digest_hmac(a, key, text.data, text.len);
}

void random_bytes(void *p, size_t n)
{
    if (RAND_bytes(p, (int)n) != 1) {
        fputs("{\"level\":\"fatal\",\"message\":\"the system gives no randomness\"}\n", stderr);
        exit(EXIT_FAILURE);
    }
}

char *digest_random(struct arena *a, size_t bytes)
{
    unsigned char *p = arena_alloc(a, bytes);
    random_bytes(p, bytes);
    return base64url_encode(a, p, bytes);
}

char *hex_encode(struct arena *a, const void *p, size_t n)
{
    static const char DIGITS[] = "0123456789abcdef";
    const unsigned char *bytes = p;
    char *hex = arena_alloc(a, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = DIGITS[bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    return hex;
}

char *hex_decode(struct arena *a, const char *text, size_t *n)
{
    size_t len = strlen(text);
    unsigned char *out = arena_alloc(a, len / 2 + 1);
    if (len % 2)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        int digit = OPENSSL_hexchar2int((unsigned char)text[i]);
        if (digit < 0)
            return NULL;
        out[i / 2] = (unsigned char)(out[i / 2] << 4 | digit);
    }
    *n = len / 2;
    return (char *)out;
}

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_encode(struct arena *a, const void *p, size_t n)
{
    char *text = arena_alloc(a, n * 4 / 3 + 8);
    EVP_EncodeBlock((unsigned char *)text, p, (int)n);
    for (char *c = text; *c; c++) {
        if (*c == '+')
            *c = '-';
        else if (*c == '/')
            *c = '_';
        else if (*c == '=')
            *c = '\0';
    }
    return text;
}

/* Whether the bits that a text has too many for whole bytes are zero, as they are when it was
 * encoded: so the same bytes can't come in several texts (RFC 4648 section 3.5). */
static bool ends_clean(const char *text, size_t len)
{
    size_t left = len % 4 ? (size_t)(strchr(ALPHABET, text[len - 1]) - ALPHABET) : 0;
    return len % 4 == 2 ? left % 16 == 0 : left % 4 == 0;
}

char *base64url_decode(struct arena *a, const char *text, size_t *n)
{
    size_t len = strlen(text);
    if (len % 4 == 1 || strspn(text, ALPHABET) != len || len > INT32_MAX ||
        !ends_clean(text, len))
        return NULL;
    char *padded = arena_alloc(a, len + 4);
    for (size_t i = 0; i < len; i++)
        padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    size_t padding = (4 - len % 4) % 4;
    memset(padded + len, '=', padding);
    unsigned char *out = arena_alloc(a, len + 4);
    if (EVP_DecodeBlock(out, (unsigned char *)padded, (int)(len + padding)) < 0)
        return NULL;
    *n = (len + padding) / 4 * 3 - padding;
    out[*n] = '\0';
    return (char *)out;
}

char *base64_decode(struct arena *a, const char *text, size_t *n)
{
    size_t len = strlen(text);
    if (len % 4 || strpbrk(text, "-_"))
        return NULL;
    for (int padding = 0; padding < 2 && len && text[len - 1] == '='; padding++)
        len--;
    char *url = arena_memdup(a, text, len);
    for (char *c = url; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return base64url_decode(a, url, n);
}
