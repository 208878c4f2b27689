#include "wordlist.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"

static bool is_one_of(const char *line, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcasecmp(line, words[i]))
            return true;
    return false;
}

static int file_holds(const char *path, const char *const *words, size_t n)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        log_error("can't read a list of words", "path", path, NULL);
        return -1;
    }
    char *line = NULL;
    size_t size = 0;
    int found = 0;
    while (!found && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        found = *line != '#' && is_one_of(line, words, n);
    }
    free(line);
    fclose(file);
    return found;
}

int wordlist_holds(const char *paths, const char *const *words, size_t n)
{
    int found = 0;
    while (found == 0 && *(paths += strspn(paths, " "))) {
        char path[PATH_MAX];
        int length = (int)strcspn(paths, " ");
        snprintf(path, sizeof path, "%.*s", length, paths);
        found = file_holds(path, words, n);
        paths += length;
    }
    return found;
}
