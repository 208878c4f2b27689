#include "sales/paypal_signer.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const NAMES[] = {"messageverificationcerts.paypal.com",
                                    "messageverificationcerts.sandbox.paypal.com"};

enum { MAX_CERTIFICATES = 8, SECURITY_LEVEL = 2 };

struct paypal_signer {
    EVP_PKEY *key;
    long long from, until; /* from when until before when all of the chain is valid */
};

/* Reading ---------------------------------------------------------------------------------- */

/* Nobody is asked for the password of a certificate that has one. */
static int no_password(char *to, int size, int writing, void *unused)
{
    (void)to, (void)size, (void)writing, (void)unused;
    return -1;
}

static void free_chain(STACK_OF(X509) * chain)
{
    sk_X509_pop_free(chain, X509_free);
}

/* The certificates in the order in which they stand, the first of them the signer's; NULL where
 * there is none, or are too many. */
static STACK_OF(X509) * read_chain(const void *pem, size_t n)
{
    BIO *bio = n <= INT_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *one = NULL;
    while (bio && sk_X509_num(chain) <= MAX_CERTIFICATES &&
           (one = PEM_read_bio_X509(bio, NULL, no_password, NULL)))
        sk_X509_push(chain, one);
    BIO_free(bio);
    int count = sk_X509_num(chain);
    if (count > 0 && count <= MAX_CERTIFICATES)
        return chain;
    free_chain(chain);
    return NULL;
}

/* Trust ------------------------------------------------------------------------------------ */

static X509_STORE *trusted(const char *ca_file)
{
    X509_STORE *store = X509_STORE_new();
    bool loaded = store && (ca_file && *ca_file ? X509_STORE_load_file(store, ca_file)
                                                : X509_STORE_set_default_paths(store)) == 1;
    if (loaded)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static bool ask_for(X509_VERIFY_PARAM *asked, long long now)
{
    X509_VERIFY_PARAM_set_time(asked, (time_t)now);
    X509_VERIFY_PARAM_set_auth_level(asked, SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_hostflags(asked, X509_CHECK_FLAG_NO_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(asked, NAMES[0], 0) == 1 &&
           X509_VERIFY_PARAM_add1_host(asked, NAMES[1], 0) == 1;
}

static enum signature_result result_of(int error)
{
    switch (error) {
    case X509_V_OK:
        return SIGNATURE_VALID;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return CERTIFICATE_NOT_CURRENT;
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return CERTIFICATE_OTHER_NAME;
    default:
        return CERTIFICATE_UNTRUSTED;
    }
}

/* Narrows the time in which the signer is valid to that of one of its certificates. */
static bool narrow(struct paypal_signer *signer, const X509 *one)
{
    struct tm from, until;
    if (ASN1_TIME_to_tm(X509_get0_notBefore(one), &from) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(one), &until) != 1)
        return false;
    long long a = timegm(&from), b = timegm(&until);
    signer->from = a > signer->from ? a : signer->from;
    signer->until = b < signer->until ? b : signer->until;
    return true;
}

/* What signs, of a chain that was found good. */
static struct paypal_signer *make_signer(STACK_OF(X509) * chain)
{
    X509 *own = sk_X509_value(chain, 0);
    struct paypal_signer *signer = calloc(1, sizeof *signer);
    if (!signer)
        return NULL;
    signer->from = LLONG_MIN;
    signer->until = LLONG_MAX;
    signer->key = X509_get_pubkey(own);
    bool good = signer->key && EVP_PKEY_get_base_id(signer->key) == EVP_PKEY_RSA &&
                X509_get_key_usage(own) & X509v3_KU_DIGITAL_SIGNATURE;
    for (int i = 0; i < sk_X509_num(chain) && good; i++)
        good = narrow(signer, sk_X509_value(chain, i));
    if (good)
        return signer;
    paypal_signer_free(signer);
    return NULL;
}

static enum signature_result judge(STACK_OF(X509) * chain, const char *ca_file, long long now,
                                   struct paypal_signer **signer)
{
    X509_STORE *store = trusted(ca_file);
    if (!store)
        return SIGNATURE_NOT_SET_UP;
    enum signature_result result = CERTIFICATE_UNTRUSTED;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context && X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1 &&
        ask_for(X509_STORE_CTX_get0_param(context), now)) {
        if (X509_verify_cert(context) == 1)
            *signer = make_signer(X509_STORE_CTX_get0_chain(context));
        else
            result = result_of(X509_STORE_CTX_get_error(context));
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return *signer ? SIGNATURE_VALID : result;
}

enum signature_result paypal_signer_read(const void *pem, size_t n, const char *ca_file,
                                         long long now, struct paypal_signer **signer)
{
    *signer = NULL;
    STACK_OF(X509) *chain = read_chain(pem, n);
    enum signature_result result = CERTIFICATE_MALFORMED;
    if (chain)
        result = judge(chain, ca_file, now, signer);
    free_chain(chain);
    ERR_clear_error();
    return result;
}

void paypal_signer_free(struct paypal_signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key);
    free(signer);
}

/* Signatures ------------------------------------------------------------------------------- */

enum signature_result paypal_signer_check(const struct paypal_signer *signer, const char *text,
                                          const void *signature, size_t length, long long now)
{
    if (now < signer->from || now >= signer->until)
        return CERTIFICATE_NOT_CURRENT;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, signer->key) == 1 &&
                EVP_DigestVerify(context, signature, length, (const unsigned char *)text,
                                 strlen(text)) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good ? SIGNATURE_VALID : SIGNATURE_MISMATCH;
}
