#include "limit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "settings.h"

/* Room for 32768 accounts in a minute, 256 KiB. An account has the four slots of one set to be
 * counted in; where all are taken, the least busy account of them is forgotten. */
enum { SETS = 8192, WAYS = 4 };

/* A slot is one word, so that it changes as a whole: the minute (since 1970; 28 bits last until
 * 2480), a tag of the account, its count. Within a set a tag of 20 bits is as good as a name.
 */
enum { TAG_BITS = 20, COUNT_BITS = 16, COUNT_MAX = (1 << COUNT_BITS) - 1 };

typedef _Atomic uint64_t slot;
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would not be seen by other processes");
static_assert((int)MAX_REQUESTS_PER_MINUTE < (int)COUNT_MAX, "a slot counts past every limit");

static slot (*table)[WAYS];

static slot (*map_table(const char *path))[WAYS]
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* Its pages must be there: one that the disk has no room for would be a crash later. */
    int fault = fd < 0 ? errno : posix_fallocate(fd, 0, sizeof(slot[SETS][WAYS]));
    void *map = MAP_FAILED;
    if (!fault) {
        map = mmap(NULL, sizeof(slot[SETS][WAYS]), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        fault = map == MAP_FAILED ? errno : 0;
    }
    if (fault)
        log_error("accounts are not limited", "file", path, "reason", strerror(fault), NULL);
    if (fd >= 0)
        close(fd);
    return fault ? NULL : map;
}

static bool have_table(void)
{
    static bool tried;
    if (!tried)
        table = map_table(settings()->limits_file);
    tried = true;
    return table != NULL;
}

/* The slot of this minute and tag, and what stands in it; else the one to take: of an earlier
 * minute, or else that with the smallest count. */
static slot *find(slot *set, uint64_t key, uint64_t *seen)
{
    slot *best = NULL;
    uint64_t least = UINT64_MAX;
    for (slot *s = set; s < set + WAYS; s++) {
        uint64_t word = atomic_load(s);
        if (word >> COUNT_BITS == key) {
            *seen = word;
            return s;
        }
        bool past = word >> (COUNT_BITS + TAG_BITS) < key >> TAG_BITS;
        uint64_t worth = past ? 0 : word & COUNT_MAX;
        if (worth < least) {
            best = s;
            least = worth;
            *seen = word;
        }
    }
    return best;
}

/* One more of this minute and tag; how many there are then. */
static uint64_t count_up(slot *set, uint64_t key)
{
    uint64_t seen, next;
    slot *s;
    do {
        s = find(set, key, &seen);
        bool mine = seen >> COUNT_BITS == key, full = (seen & COUNT_MAX) == COUNT_MAX;
        next = mine ? seen + !full : key << COUNT_BITS | 1;
    } while (!atomic_compare_exchange_weak(s, &seen, next));
    return next & COUNT_MAX;
}

int limit_request(const char *account)
{
    uint64_t allowed = (uint64_t)settings()->account_requests_per_minute;
    if (!allowed || !have_table())
        return 0;
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)account, strlen(account), hash);
    uint64_t bits;
    memcpy(&bits, hash, sizeof bits);
    time_t now = time(NULL);
    uint64_t tag = bits / SETS % (1 << TAG_BITS);
    uint64_t count = count_up(table[bits % SETS], (uint64_t)now / 60 << TAG_BITS | tag);
    return count > allowed ? 60 - (int)(now % 60) : 0;
}
