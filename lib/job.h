/*
 * job: what the programs in jobs/ begin with.
 */
#ifndef VENDAS_JOB_H
#define VENDAS_JOB_H

/* Reads the settings and names the program and the service whose database role it uses (NULL: a
 * job without database). Returns 0, or -1 after telling on stderr. */
int job_begin(const char *name, const char *service);

#endif
