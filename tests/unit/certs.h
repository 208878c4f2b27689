/*
 * certs: a CA of the tests' own, and certificates that it issues or does not.
 */
#ifndef VENDAS_CERTS_H
#define VENDAS_CERTS_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "unit.h"

static const long long NOW = 1767225600; /* 2026-01-01 */
static const char PAYPAL[] = "messageverificationcerts.paypal.com";
enum { A_YEAR = 365 * 86400 };

/* A certificate and its key. */
struct cert {
    X509 *x;
    EVP_PKEY *key;
};

/* What a certificate is to be: valid a year before and after NOW, RSA of 2048 bits and SHA-256
 * where nothing else is said. */
struct wanted {
    const char *name;  /* common name */
    const char *hosts; /* "DNS:..." or NULL */
    bool ca;
    const char *usage;          /* "keyAgreement", or NULL */
    long long from, until;      /* from NOW, in seconds */
    EVP_PKEY *key;              /* another kind, which the certificate takes over */
    const EVP_MD *digest;       /* another one */
    const struct cert *from_ca; /* who signs; NULL: itself */
};

static inline void certs_extend(X509 *x, int kind, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline struct cert certs_make(struct wanted w)
{
    static long serial;
    struct cert made = {X509_new(), w.key ? w.key : EVP_RSA_gen(2048)};
    const struct cert *ca = w.from_ca ? w.from_ca : &made;
    X509 *x = made.x;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(x), NOW + (w.from ? w.from : -A_YEAR));
    ASN1_TIME_set(X509_getm_notAfter(x), NOW + (w.until ? w.until : A_YEAR));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)w.name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(ca->x));
    X509_set_pubkey(x, made.key);
    certs_extend(x, NID_basic_constraints, w.ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (w.hosts)
        certs_extend(x, NID_subject_alt_name, w.hosts);
    if (w.usage)
        certs_extend(x, NID_key_usage, w.usage);
    assert_true(X509_sign(x, ca->key, w.digest ? w.digest : EVP_sha256()) > 0);
    return made;
}

static inline void certs_free(struct cert *c)
{
    X509_free(c->x);
    EVP_PKEY_free(c->key);
}

/* Certificates as PEM, one behind the other, up to the first without one. */
static inline char *certs_pem(const struct cert *chain, size_t count)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    for (size_t i = 0; i < count && chain[i].x; i++)
        assert_int_equal(PEM_write_bio_X509(bio, chain[i].x), 1);
    long n = BIO_get_mem_data(bio, &text);
    char *copy = arena_memdup(a, text, (size_t)n);
    BIO_free(bio);
    return copy;
}

static inline void certs_unlink(void *path)
{
    unlink(path);
}

/* A new file with that text, until the tests end; its path. */
static inline const char *certs_file(const char *text)
{
    char *path = arena_strdup(a, "/tmp/vendas-test-certs-XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    arena_defer(a, certs_unlink, path);
    return path;
}

/* The key's signature of a text, n bytes. */
static inline const void *certs_sign(EVP_PKEY *key, const char *text, size_t *n)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[1024];
    *n = sizeof signature;
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, n, (const unsigned char *)text, strlen(text)), 1);
    EVP_MD_CTX_free(context);
    return arena_memdup(a, signature, *n);
}

#endif
