# Data that nginx, the jobs and the tools read, and the units. Whole folders, so that a new file
# is installed without being listed anywhere.

DATA_ROOMS = sql nginx web openapi demo data
EXTRA_DIST += $(DATA_ROOMS) systemd tools vendas

systemdunitdir = $(prefix)/lib/systemd/system

install-data-local:
	@cd $(srcdir) && find $(DATA_ROOMS) -type f | while read -r file; do \
	    $(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/$${file%/*}" && \
	    $(INSTALL_DATA) "$$file" "$(DESTDIR)$(pkgdatadir)/$$file" || exit 1; \
	done
	@$(INSTALL_DATA) $(srcdir)/README.pt-BR.md "$(DESTDIR)$(pkgdatadir)/README.pt-BR.md"
	@$(MKDIR_P) "$(DESTDIR)$(systemdunitdir)" "$(DESTDIR)$(sysconfdir)/vendas"
	@cd $(srcdir)/systemd && find * -type f ! -name vendas.env | while read -r unit; do \
	    $(MKDIR_P) "$(DESTDIR)$(systemdunitdir)/$$(dirname "$$unit")" && \
	    sed 's|/usr/libexec|$(libexecdir)|' "$$unit" >"$(DESTDIR)$(systemdunitdir)/$$unit" || exit 1; \
	done
	@$(INSTALL_DATA) $(srcdir)/systemd/vendas.env "$(DESTDIR)$(sysconfdir)/vendas/vendas.env.example"

uninstall-local:
	rm -rf "$(DESTDIR)$(pkgdatadir)" "$(DESTDIR)$(sysconfdir)/vendas/vendas.env.example"
	rm -rf "$(DESTDIR)$(systemdunitdir)"/vendas.target "$(DESTDIR)$(systemdunitdir)"/vendas[@-]*
