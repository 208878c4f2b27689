# One FastCGI program per endpoint, in the folder of its service; installed in the same way.

registrydir = $(pkglibexecdir)/registry
registry_PROGRAMS = \
	cgi-bin/registry/addresses \
	cgi-bin/registry/audit \
	cgi-bin/registry/confirmations \
	cgi-bin/registry/customers \
	cgi-bin/registry/health \
	cgi-bin/registry/keys \
	cgi-bin/registry/privacy \
	cgi-bin/registry/roles \
	cgi-bin/registry/second_factor \
	cgi-bin/registry/service_accounts \
	cgi-bin/registry/sessions \
	cgi-bin/registry/tokens \
	cgi-bin/registry/users

productsdir = $(pkglibexecdir)/products
products_PROGRAMS = \
	cgi-bin/products/attributes \
	cgi-bin/products/categories \
	cgi-bin/products/images \
	cgi-bin/products/ingest \
	cgi-bin/products/products \
	cgi-bin/products/proposals \
	cgi-bin/products/records \
	cgi-bin/products/search \
	cgi-bin/products/transfers \
	cgi-bin/products/variants

cgi_bin_products_images_LDADD = $(COLLECT_LDADD)
cgi_bin_products_products_LDADD = $(COLLECT_LDADD)

salesdir = $(pkglibexecdir)/sales
sales_PROGRAMS = \
	cgi-bin/sales/analysis \
	cgi-bin/sales/carts \
	cgi-bin/sales/charts \
	cgi-bin/sales/coupons \
	cgi-bin/sales/freight_rules \
	cgi-bin/sales/gateway_events \
	cgi-bin/sales/notes \
	cgi-bin/sales/order_rules \
	cgi-bin/sales/order_report \
	cgi-bin/sales/orders \
	cgi-bin/sales/payment_tasks \
	cgi-bin/sales/payments \
	cgi-bin/sales/quotes \
	cgi-bin/sales/refunds \
	cgi-bin/sales/report_subscriptions \
	cgi-bin/sales/reports \
	cgi-bin/sales/returns \
	cgi-bin/sales/shipments \
	cgi-bin/sales/stock \
	cgi-bin/sales/stock_reports \
	cgi-bin/sales/tax_rules \
	cgi-bin/sales/webhooks

cgi_bin_products_transfers_LDADD = $(SHEET_LDADD)

cgi_bin_sales_analysis_LDADD = $(SHEET_LDADD)
cgi_bin_sales_charts_LDADD = $(CHART_LDADD)
cgi_bin_sales_gateway_events_LDADD = $(COLLECT_LDADD)
cgi_bin_sales_order_report_LDADD = $(SHEET_LDADD)
cgi_bin_sales_payments_LDADD = $(COLLECT_LDADD)
cgi_bin_sales_refunds_LDADD = $(COLLECT_LDADD)
cgi_bin_sales_reports_LDADD = $(SHEET_LDADD)
cgi_bin_sales_stock_reports_LDADD = $(SHEET_LDADD)
cgi_bin_sales_webhooks_LDADD = $(COLLECT_LDADD)

# Programs that ask payment gateways, under a second name: the pool that only reads
# (nginx/nginx.conf.in). The link is all there is to it.
READ_POOLS = $(salesdir)/payments.reads $(salesdir)/refunds.reads

install-data-hook:
	@for pool in $(READ_POOLS); do \
	    name=$${pool##*/} && ln -sf "$${name%.reads}" "$(DESTDIR)$$pool" || exit 1; \
	done

uninstall-hook:
	@for pool in $(READ_POOLS); do rm -f "$(DESTDIR)$$pool"; done

catalogdir = $(pkglibexecdir)/catalog
catalog_PROGRAMS = \
	cgi-bin/catalog/runs \
	cgi-bin/catalog/sources
