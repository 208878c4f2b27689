#include "password.h"

#include <argon2.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OWASP: 19 MiB, 2 passes, 1 lane. */
enum { MEMORY_KIB = 19456, PASSES = 2, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

char *password_hash(struct arena *a, const char *password)
{
    unsigned char salt[SALT_BYTES];
    size_t size =
        argon2_encodedlen(PASSES, MEMORY_KIB, LANES, SALT_BYTES, HASH_BYTES, Argon2_id);
    char *encoded = arena_alloc(a, size);
    if (RAND_bytes(salt, sizeof salt) != 1 ||
        argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, strlen(password), salt,
                              sizeof salt, HASH_BYTES, encoded, size) != ARGON2_OK) {
        fputs("{\"level\":\"fatal\",\"message\":\"can't hash a password\"}\n", stderr);
        exit(EXIT_FAILURE);
    }
    return encoded;
}

bool password_matches(const char *hash, const char *password)
{
    /* A hash of the same cost that nothing fits: its last part is all zeros. */
    static const char NOBODY[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    bool fits = argon2id_verify(hash ? hash : NOBODY, password, strlen(password)) == ARGON2_OK;
    return hash && fits;
}
