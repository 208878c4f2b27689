/*
 * seal: personal data is sealed before it goes to the database, so that a dump, a backup or a
 * slow-query log of it tells nobody's CPF, telephone or address.
 *
 * A sealed value is AES-256-GCM (NIST SP 800-38D) over JSON text, with the column's name and
 * the row's id as associated data: put into another column or row it does not open. Its form is
 * four bytes of the key's number (big endian), a random nonce of 12 bytes, the ciphertext, a
 * tag of 16 bytes. Random nonces are safe up to 2^32 values for each key; rotate before that.
 *
 * Keys are files in the folder VENDAS_DATA_KEYS, each of 64 hexadecimal digits: N.key with a
 * number from 1, of which the highest seals and all open, and lookup.key, by which a value is
 * found again without opening all. A running program seals with a new key within two seconds,
 * as it looks at the folder each second in which it seals something, and opens with it at once.
 *
 * PostgreSQL writes documents with shared.sealed(column, row, value) in the place of the value,
 * and every answer passes seal_expand(): a handler that only shows what is sealed does nothing
 * for it.
 */
#ifndef VENDAS_SEAL_H
#define VENDAS_SEAL_H

#include <stdbool.h>
#include <time.h>

#include "arena.h"

/* JSON text, or plain text as a JSON string, sealed for a column ("registry.users.phone") of
 * the row with this id (a UUID in lower case): a bytea parameter ("\\x..."). NULL for NULL. A
 * program without keys can't go on and ends, as it must not store anything in clear. */
char *seal_json(struct arena *a, const char *column, const char *row, const char *json);
char *seal_text(struct arena *a, const char *column, const char *row, const char *text);

/* What was sealed, from bytea text: as JSON, or as the text that the JSON string held. NULL for
 * NULL and for what does not open, which is logged. */
char *unseal_json(struct arena *a, const char *column, const char *row, const char *bytea);
char *unseal_text(struct arena *a, const char *column, const char *row, const char *bytea);

/* HMAC-SHA-256 of a text under the lookup key, for an indexed bytea column: equal texts of one
 * column have equal ones, and nobody without the key can try out all CPFs. NULL for NULL. */
char *seal_lookup(struct arena *a, const char *column, const char *text);

/* The keys that there are, by rising number, of which the last seals: returns how many.
 * since: when its file was written. */
enum { SEAL_MAX_KEYS = 16 };
struct seal_key {
    int number;
    time_t since;
};
int seal_keys(struct seal_key list[SEAL_MAX_KEYS]);

/* Lays the next key, which seals from then on, with the owner and the permissions of the one
 * before, so that programs can read it whoever lays it; never beside one that can't be read.
 * Its number, or 0 after a line in the log. */
int seal_new_key(void);

/* Takes a key away for ever: what is sealed with it opens no more. */
void seal_drop_key(int number);

/* The number of the key that a value (bytea text) is sealed with; 0 for what is none. */
int seal_number(const char *bytea);

/* A document with each {"$sealed": ["COLUMN", "ROW", "HEX"]} replaced by what was sealed, or by
 * null where it does not open. Texts that people wrote can't look like one, as their quotes are
 * escaped. The document itself where it has none. */
const char *seal_expand(struct arena *a, const char *json);

#endif
