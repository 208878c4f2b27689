# libvendas.a: what handlers and jobs share. A module is NAME.c and its manual NAME.h.

noinst_LIBRARIES += libvendas.a

libvendas_a_SOURCES = \
	lib/accept.c lib/accept.h \
	lib/address.c lib/address.h \
	lib/arena.c lib/arena.h \
	lib/audit.c lib/audit.h \
	lib/brazil.c lib/brazil.h \
	lib/buf.c lib/buf.h \
	lib/catalog/api.c lib/catalog/api.h \
	lib/catalog/clean.c lib/catalog/clean.h \
	lib/catalog/crawl.c lib/catalog/crawl.h \
	lib/catalog/extract.c lib/catalog/extract.h \
	lib/catalog/fetch.c lib/catalog/fetch.h \
	lib/catalog/page.c lib/catalog/page.h \
	lib/catalog/price.c lib/catalog/price.h \
	lib/catalog/robots.c lib/catalog/robots.h \
	lib/chart.c lib/chart.h lib/chart/kinds.h lib/chart/table.c \
	lib/chart/bars.c lib/chart/cells.c lib/chart/gauge.c lib/chart/line.c lib/chart/rows.c \
	lib/chart/sparkline.c lib/chart/states.c \
	lib/chart/canvas.c lib/chart/canvas.h \
	lib/chart/figure.c lib/chart/figure.h \
	lib/chart/glyphs.c lib/chart/glyphs.h \
	lib/chart/ink.c lib/chart/ink.h \
	lib/chart/palette.c lib/chart/palette.h \
	lib/chart/plot.c lib/chart/plot.h \
	lib/chart/raster.c lib/chart/raster.h \
	lib/chart/typeface.c lib/chart/typeface.h \
	lib/confine.c lib/confine.h \
	lib/cursor.c lib/cursor.h \
	lib/db.c lib/db.h \
	lib/digest.c lib/digest.h \
	lib/document.c lib/document.h \
	lib/fields.c lib/fields.h \
	lib/file.c lib/file.h \
	lib/gtin.c lib/gtin.h \
	lib/idempotency.c lib/idempotency.h \
	lib/input.h \
	lib/ip.c lib/ip.h \
	lib/items.c lib/items.h \
	lib/job.c lib/job.h \
	lib/identity.c lib/identity.h \
	lib/json.c lib/json.h \
	lib/keyring.c lib/keyring.h \
	lib/lang.c lib/lang.h \
	lib/letter.c lib/letter.h \
	lib/limit.c lib/limit.h \
	lib/line.c lib/line.h \
	lib/log.c lib/log.h \
	lib/mail.c lib/mail.h \
	lib/markdown.c lib/markdown.h \
	lib/messages.c lib/messages.h \
	lib/money.c lib/money.h \
	lib/normal.c lib/normal.h \
	lib/password.c lib/password.h \
	lib/phone.c lib/phone.h \
	lib/picture.c lib/picture.h \
	lib/problem.c lib/problem.h \
	lib/products/engine.c lib/products/engine.h \
	lib/products/engine_page.c lib/products/engine_page.h \
	lib/products/listing.c lib/products/listing.h \
	lib/products/product_cells.c lib/products/product_cells.h \
	lib/products/product_fields.c lib/products/product_fields.h \
	lib/products/product_sheet.c lib/products/product_sheet.h \
	lib/products/rendition.c lib/products/rendition.h \
	lib/products/shown.c lib/products/shown.h \
	lib/products/transfer_file.c lib/products/transfer_file.h \
	lib/registry/account.c lib/registry/account.h \
	lib/registry/attempt.c lib/registry/attempt.h \
	lib/registry/erasure.c lib/registry/erasure.h \
	lib/registry/second_factor.c lib/registry/second_factor.h \
	lib/registry/subject.c lib/registry/subject.h \
	lib/request.c lib/request.h \
	lib/response.c lib/response.h \
	lib/rfc3339.c lib/rfc3339.h \
	lib/sales/checkout.c lib/sales/checkout.h \
	lib/sales/configured.c lib/sales/configured.h \
	lib/sales/discount.c lib/sales/discount.h \
	lib/sales/freight.c lib/sales/freight.h \
	lib/sales/gateway.c lib/sales/gateway.h lib/sales/gateway_manual.c \
	lib/sales/gateway_facts.c lib/sales/gateway_facts.h \
	lib/sales/gateway_http.c lib/sales/gateway_http.h \
	lib/sales/gateway_paypal.c lib/sales/paypal_facts.c lib/sales/paypal_facts.h \
	lib/sales/gateway_stripe.c lib/sales/stripe_facts.c lib/sales/stripe_facts.h \
	lib/sales/stripe_form.c lib/sales/stripe_form.h \
	lib/sales/gateway_verify.c lib/sales/gateway_verify.h \
	lib/sales/merchant.c lib/sales/merchant.h \
	lib/sales/order.c lib/sales/order.h \
	lib/sales/order_address.c lib/sales/order_address.h \
	lib/sales/order_letter.c lib/sales/order_letter.h \
	lib/sales/order_list.c lib/sales/order_list.h \
	lib/sales/payment.c lib/sales/payment.h \
	lib/sales/paypal_cert.c lib/sales/paypal_cert.h \
	lib/sales/paypal_signature.c lib/sales/paypal_signature.h \
	lib/sales/paypal_signer.c lib/sales/paypal_signer.h \
	lib/sales/report_cells.c lib/sales/report_cells.h \
	lib/sales/report_changes.c lib/sales/report_changes.h \
	lib/sales/report_charts.c lib/sales/report_charts.h \
	lib/sales/report_filter.c lib/sales/report_filter.h \
	lib/sales/report_figures.c lib/sales/report_figures.h \
	lib/sales/report_html.c lib/sales/report_html.h \
	lib/sales/report_index.c lib/sales/report_index.h \
	lib/sales/report_letter.c lib/sales/report_letter.h \
	lib/sales/report_page.c lib/sales/report_page.h \
	lib/sales/report_pictures.c lib/sales/report_pictures.h \
	lib/sales/report_style.c lib/sales/report_style.h \
	lib/sales/report_table.c lib/sales/report_table.h \
	lib/sales/report_tables.c lib/sales/report_tables.h \
	lib/sales/period.c lib/sales/period.h \
	lib/sales/pricing.c lib/sales/pricing.h \
	lib/sales/signature.c lib/sales/signature.h \
	lib/sales/stripe_signature.c lib/sales/stripe_signature.h \
	lib/sales/task_letter.c lib/sales/task_letter.h \
	lib/sales/tax.c lib/sales/tax.h \
	lib/sales/webhook.c lib/sales/webhook.h \
	lib/seal.c lib/seal.h \
	lib/serve.c \
	lib/settings.c lib/settings.h \
	lib/sheet.c lib/sheet.h lib/sheet_csv.c lib/sheet_xlsx.c \
	lib/sheet_writer.c lib/sheet_writer.h \
	lib/store.c lib/store.h \
	lib/token.c lib/token.h \
	lib/utf8.c lib/utf8.h \
	lib/uuid.c lib/uuid.h \
	lib/wordlist.c lib/wordlist.h \
	lib/words.c lib/words.h
