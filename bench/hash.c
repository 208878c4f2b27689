/*
 * hash: compares a password with its hash again and again, on every processor, for so many
 * seconds, and prints how often: what Argon2id lets a machine sign in at most.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "password.h"

static const char PASSWORD[] = "correto cavalo bateria grampo";

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -1 where the hash is wrong. */
static long compare_until(double end, const char *hash)
{
    long count = 0;
    do
        if (!password_matches(hash, PASSWORD))
            return -1;
    while (count++, seconds_now() < end);
    return count;
}

int main(int argc, char **argv)
{
    int told[2];
    double seconds;
    if (argc != 2 || sscanf(argv[1], "%lf", &seconds) != 1 || pipe(told))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    const char *hash = password_hash(a, PASSWORD);
    double end = seconds_now() + seconds;
    for (long i = sysconf(_SC_NPROCESSORS_ONLN); i > 0; i--) {
        if (fork() == 0) {
            long count = compare_until(end, hash);
            _exit(write(told[1], &count, sizeof count) != sizeof count);
        }
    }
    close(told[1]);
    long sum = 0;
    for (long count; read(told[0], &count, sizeof count) == sizeof count;)
        sum += count;
    while (wait(NULL) > 0)
        continue;
    printf("%ld\n", sum);
    arena_free(a);
    return sum > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
