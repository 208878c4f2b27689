#include "job.h"

#include <signal.h>

#include "db.h"
#include "log.h"
#include "settings.h"

int job_begin(const char *name, const char *service)
{
    log_program(name);
    if (service)
        db_service(service);
    signal(SIGPIPE, SIG_IGN);
    return settings_load();
}
