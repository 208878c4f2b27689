#include "products/transfer_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "settings.h"

enum { DAY = 24 * 60 * 60 };

const char *transfer_file(struct arena *a, const char *id)
{
    return arena_printf(a, "%s/%s", settings()->transfers_dir, id);
}

int transfer_files_forget(long long days)
{
    DIR *folder = opendir(settings()->transfers_dir);
    time_t oldest = time(NULL) - (time_t)days * DAY;
    int gone = 0;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        struct stat status;
        if (!fstatat(dirfd(folder), e->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
            S_ISREG(status.st_mode) && status.st_mtime < oldest)
            gone += !unlinkat(dirfd(folder), e->d_name, 0);
    }
    if (folder)
        closedir(folder);
    return gone;
}
