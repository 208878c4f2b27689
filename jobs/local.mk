# One program per job; systemd/*.timer says when each runs.

jobsdir = $(pkglibexecdir)/jobs
jobs_PROGRAMS = \
	jobs/account \
	jobs/collect \
	jobs/expire

jobs_collect_LDADD = $(COLLECT_LDADD)
