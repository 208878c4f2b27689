# One program per job; systemd/*.timer says when each runs.

jobsdir = $(pkglibexecdir)/jobs
jobs_PROGRAMS = \
	jobs/account \
	jobs/collect \
	jobs/deliver \
	jobs/expire \
	jobs/images \
	jobs/index \
	jobs/mail-reports \
	jobs/notify \
	jobs/popularity \
	jobs/purge \
	jobs/reconcile \
	jobs/relist \
	jobs/report \
	jobs/rollup \
	jobs/rotate-keys \
	jobs/service-account \
	jobs/signing-keys \
	jobs/transfer \
	jobs/webhooks

jobs_collect_LDADD = $(COLLECT_LDADD)
jobs_deliver_LDADD = $(COLLECT_LDADD)
jobs_images_LDADD = $(IMAGE_LDADD)
jobs_index_LDADD = $(COLLECT_LDADD)
jobs_mail_reports_LDADD = $(CHART_LDADD)
jobs_reconcile_LDADD = $(COLLECT_LDADD)
jobs_report_LDADD = $(CHART_LDADD)
jobs_transfer_LDADD = $(SHEET_LDADD)
jobs_webhooks_LDADD = $(COLLECT_LDADD)
