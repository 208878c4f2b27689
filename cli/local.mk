# vendasctl: the shop from a shell, with its manual and what bash and zsh complete.

bin_PROGRAMS = cli/vendasctl
cli_vendasctl_SOURCES = \
	cli/call.c \
	cli/client.c cli/client.h \
	cli/command.h \
	cli/gateways.c \
	cli/options.c cli/options.h \
	cli/order.c \
	cli/orders.c \
	cli/payments.c \
	cli/reports.c \
	cli/stock.c \
	cli/table.c cli/table.h \
	cli/vendasctl.c \
	cli/when.c cli/when.h
cli_vendasctl_LDADD = $(COLLECT_LDADD)
cli_vendasctl_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed

dist_man_MANS = cli/vendasctl.1
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = cli/completion/vendasctl
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = cli/completion/_vendasctl
