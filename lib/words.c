#include "words.h"

#include <string.h>

bool words_hold(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *w = words; n && w && *w;) {
        size_t len = strcspn(w, " ");
        if (len == n && !memcmp(w, word, n))
            return true;
        w += len + (w[len] == ' ');
    }
    return false;
}
