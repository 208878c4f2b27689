#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SANITIZED)
enum { LIMIT_MEMORY = 0 };
#else
enum { LIMIT_MEMORY = 1 };
#endif

/* What the dynamic linker opens, one at a time, and some. */
enum { OPEN_FILES = 16 };

/* A file without a name that holds n bytes, to be read from its start; -1 with errno set. */
static int file_of(const char *p, size_t n)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    while (fd >= 0 && n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        if (written > 0) {
            p += written;
            n -= (size_t)written;
        }
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool limit(int resource, rlim_t most)
{
    return !setrlimit(resource, &(struct rlimit){most, most});
}

/* The signal for the time is its own (SIGXCPU): a second below the one for the very end. */
static bool limit_time(int seconds)
{
    return !setrlimit(RLIMIT_CPU, &(struct rlimit){(rlim_t)seconds, (rlim_t)seconds + 1});
}

/* The new process: all it does before it is another program. */
_Noreturn static void become(const char *argument, const struct confine_limits *limits, int in,
                             int out)
{
    char *const environment[] = {NULL};
    char *const arguments[] = {"confined", (char *)argument, NULL};
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        !close_range(STDERR_FILENO + 1, ~0U, 0) && !prctl(PR_SET_PDEATHSIG, SIGKILL) &&
        limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, OPEN_FILES) &&
        limit_time(limits->cpu_seconds) && (!LIMIT_MEMORY || limit(RLIMIT_AS, limits->memory)))
        execve("/proc/self/exe", arguments, environment);
    _exit(127);
}

static long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Reads all that it writes. CONFINE_DONE at the end of that. */
static enum confine_end listen_to(int fd, const struct confine_limits *limits, struct buf *said)
{
    long long deadline = milliseconds() + limits->seconds * 1000LL, left;
    char part[65536];
    while ((left = deadline - milliseconds()) > 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, (int)left) <= 0)
            continue;
        ssize_t n = read(fd, part, sizeof part);
        if (n == 0)
            return CONFINE_DONE;
        if (n < 0 && errno != EINTR)
            return CONFINE_FAILED;
        if (n > 0 && said->len + (size_t)n > limits->output)
            return CONFINE_FAILED;
        if (n > 0)
            buf_bytes(said, part, (size_t)n);
    }
    return CONFINE_TOO_LONG;
}

/* Ends the process, unless it has ended, and says how it did. */
static enum confine_end outcome(pid_t pid, enum confine_end heard)
{
    int status = 0;
    kill(pid, SIGKILL); /* of no effect on what has ended by itself */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (heard != CONFINE_DONE)
        return heard;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return CONFINE_TOO_LONG;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CONFINE_DONE : CONFINE_FAILED;
}

enum confine_end confine(struct arena *a, const char *argument,
                         const struct confine_limits *limits, const void *p, size_t n,
                         const char **output, size_t *length)
{
    struct buf said = buf_new(a);
    int ends[2] = {-1, -1}, in = file_of(p, n);
    pid_t pid = in >= 0 && !pipe2(ends, O_CLOEXEC) ? fork() : -1;
    if (pid == 0)
        become(argument, limits, in, ends[1]);
    if (pid < 0)
        log_error("no process could be started", "reason", strerror(errno), NULL);
    if (in >= 0)
        close(in);
    if (ends[1] >= 0)
        close(ends[1]);
    enum confine_end end = CONFINE_NOT_NOW;
    if (pid > 0)
        end = outcome(pid, listen_to(ends[0], limits, &said));
    if (ends[0] >= 0)
        close(ends[0]);
    *output = buf_text(&said);
    *length = said.len;
    return end;
}
