# vendasctl: the shop from a shell, with its manual and what bash completes.

bin_PROGRAMS = cli/vendasctl
cli_vendasctl_SOURCES = \
	cli/client.c cli/client.h \
	cli/command.h \
	cli/orders.c \
	cli/stock.c \
	cli/table.c cli/table.h \
	cli/vendasctl.c
cli_vendasctl_LDADD = $(COLLECT_LDADD)
cli_vendasctl_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed

dist_man_MANS = cli/vendasctl.1
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = cli/completion/vendasctl
