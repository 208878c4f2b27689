/*
 * replay: calls a target with every file of its seed corpus, in place of libFuzzer: how "make
 * check" sees that the targets still run, with any compiler.
 */
#include <glob.h>
#include <stdio.h>

#include "fuzz.h"

static int replay(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return EXIT_FAILURE;
    fseek(f, 0, SEEK_END);
    size_t size = (size_t)ftell(f);
    uint8_t *data = malloc(size ? size : 1); /* its exact size, for the sanitizers */
    rewind(f);
    bool whole = data && fread(data, 1, size, f) == size;
    fclose(f);
    if (whole)
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    return whole ? 0 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    char pattern[4096];
    glob_t files;
    int status = 0;
    (void)argc;
    snprintf(pattern, sizeof pattern, "%s/fuzz/corpus/%s/*", ROOT, name);
    if (glob(pattern, 0, NULL, &files)) {
        fprintf(stderr, "%s: no files\n", pattern);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < files.gl_pathc; i++)
        status |= replay(files.gl_pathv[i]);
    printf("%zu inputs of %s\n", files.gl_pathc, name);
    globfree(&files);
    return status;
}
