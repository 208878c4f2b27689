-- Catalog collector: where products are collected from, and what each run brought. It has no
-- rights on the catalogue itself: it speaks REST to Products.

CREATE SCHEMA catalog;
COMMENT ON SCHEMA catalog IS 'Service Catalog: collection sources and runs.';

CREATE TABLE catalog.sources (
    id                  uuid CONSTRAINT sources_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    name                text NOT NULL CONSTRAINT sources_name_unique UNIQUE
                        CONSTRAINT sources_name_length CHECK (length(name) BETWEEN 1 AND 100),
    start_urls          text[] NOT NULL CONSTRAINT sources_start_urls_given CHECK (cardinality(start_urls) > 0),
    product_url_pattern text NOT NULL,
    rate_per_second     int NOT NULL DEFAULT 1 CONSTRAINT sources_rate_per_second_range CHECK (rate_per_second BETWEEN 1 AND 100),
    max_pages           int NOT NULL DEFAULT 500 CONSTRAINT sources_max_pages_range CHECK (max_pages BETWEEN 1 AND 100000),
    private_addresses   boolean NOT NULL DEFAULT false,
    active              boolean NOT NULL DEFAULT true,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalog.sources IS 'Shops that products are collected from.';
COMMENT ON COLUMN catalog.sources.id IS 'UUIDv7';
COMMENT ON COLUMN catalog.sources.name IS 'name for people, and the source of its items in the catalogue';
COMMENT ON COLUMN catalog.sources.start_urls IS 'list pages and sitemaps to begin with, all of one host';
COMMENT ON COLUMN catalog.sources.product_url_pattern IS 'POSIX extended regular expression that product pages'' addresses match';
COMMENT ON COLUMN catalog.sources.rate_per_second IS 'requests per second at the most';
COMMENT ON COLUMN catalog.sources.max_pages IS 'pages per run at the most';
COMMENT ON COLUMN catalog.sources.private_addresses IS 'whether it may lie on loopback or a private network; only the operator sets it';
COMMENT ON COLUMN catalog.sources.active IS 'whether the collect job visits it';
COMMENT ON COLUMN catalog.sources.created_at IS 'when made';
COMMENT ON COLUMN catalog.sources.updated_at IS 'when last changed';

CREATE TABLE catalog.runs (
    id          uuid CONSTRAINT runs_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    source_id   uuid NOT NULL CONSTRAINT runs_source_fkey REFERENCES catalog.sources,
    status      text NOT NULL DEFAULT 'running' CONSTRAINT runs_status_known
                CHECK (status IN ('running', 'succeeded', 'failed')),
    reason      text,
    pages       int NOT NULL DEFAULT 0,
    found       int NOT NULL DEFAULT 0,
    refused     int NOT NULL DEFAULT 0,
    forbidden   int NOT NULL DEFAULT 0,
    errors      int NOT NULL DEFAULT 0,
    created     int NOT NULL DEFAULT 0,
    updated     int NOT NULL DEFAULT 0,
    unchanged   int NOT NULL DEFAULT 0,
    duplicate   int NOT NULL DEFAULT 0,
    rejected    int NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT runs_finished_has_time CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT runs_failed_has_reason CHECK (status <> 'failed' OR reason IS NOT NULL)
);
CREATE INDEX runs_source_idx ON catalog.runs (source_id, id DESC);
COMMENT ON TABLE catalog.runs IS 'Each visit of a source, with its counts.';
COMMENT ON COLUMN catalog.runs.id IS 'UUIDv7, so the order of starting';
COMMENT ON COLUMN catalog.runs.source_id IS 'the source visited';
COMMENT ON COLUMN catalog.runs.status IS 'where it stands';
COMMENT ON COLUMN catalog.runs.reason IS 'why it failed: no_answer, forbidden_by_robots, no_products, bad_pattern, api_unavailable, interrupted';
COMMENT ON COLUMN catalog.runs.pages IS 'pages fetched';
COMMENT ON COLUMN catalog.runs.found IS 'plausible products found on them';
COMMENT ON COLUMN catalog.runs.refused IS 'product pages that gave none';
COMMENT ON COLUMN catalog.runs.forbidden IS 'pages not fetched because robots.txt forbids them';
COMMENT ON COLUMN catalog.runs.errors IS 'pages that could not be fetched';
COMMENT ON COLUMN catalog.runs.created IS 'products that Products made of them';
COMMENT ON COLUMN catalog.runs.updated IS 'products that it changed';
COMMENT ON COLUMN catalog.runs.unchanged IS 'products that it knew as they were';
COMMENT ON COLUMN catalog.runs.duplicate IS 'products that it knew from elsewhere';
COMMENT ON COLUMN catalog.runs.rejected IS 'products that it did not take';
COMMENT ON COLUMN catalog.runs.started_at IS 'when begun';
COMMENT ON COLUMN catalog.runs.finished_at IS 'when ended';

CREATE TABLE catalog.run_pages (
    run_id  uuid NOT NULL CONSTRAINT run_pages_run_fkey REFERENCES catalog.runs ON DELETE CASCADE,
    url     text NOT NULL,
    outcome text NOT NULL,
    detail  text,
    CONSTRAINT run_pages_pkey PRIMARY KEY (run_id, url)
);
COMMENT ON TABLE catalog.run_pages IS 'What became of each page of a run: the evidence when a site has changed.';
COMMENT ON COLUMN catalog.run_pages.run_id IS 'the run';
COMMENT ON COLUMN catalog.run_pages.url IS 'the page';
COMMENT ON COLUMN catalog.run_pages.outcome IS 'list, product, refused, forbidden or error';
COMMENT ON COLUMN catalog.run_pages.detail IS 'why it was refused, or the error';

CREATE VIEW catalog.source_documents AS
SELECT s.id, s.created_at, json_build_object(
    'id', s.id, 'name', s.name, 'start_urls', s.start_urls,
    'product_url_pattern', s.product_url_pattern, 'rate_per_second', s.rate_per_second,
    'max_pages', s.max_pages, 'active', s.active,
    'created_at', shared.rfc3339(s.created_at), 'updated_at', shared.rfc3339(s.updated_at)) AS document
  FROM catalog.sources s;
COMMENT ON VIEW catalog.source_documents IS 'Sources as the API shows them.';

CREATE VIEW catalog.run_documents AS
SELECT r.id, r.source_id, json_build_object(
    'id', r.id, 'source_id', r.source_id, 'source', s.name, 'status', r.status, 'reason', r.reason,
    'counts', json_build_object(
        'pages', r.pages, 'found', r.found, 'refused', r.refused, 'forbidden', r.forbidden,
        'errors', r.errors, 'created', r.created, 'updated', r.updated, 'unchanged', r.unchanged,
        'duplicate', r.duplicate, 'rejected', r.rejected),
    'started_at', shared.rfc3339(r.started_at), 'finished_at', shared.rfc3339(r.finished_at)) AS document
  FROM catalog.runs r JOIN catalog.sources s ON s.id = r.source_id;
COMMENT ON VIEW catalog.run_documents IS 'Runs as the API shows them.';

CREATE FUNCTION catalog.begin_run(p_source uuid) RETURNS uuid
LANGUAGE sql AS $$
    -- The job holds a lock while it runs, so a run that still says "running" was killed.
    UPDATE catalog.runs SET status = 'failed', reason = 'interrupted', finished_at = now()
     WHERE source_id = p_source AND status = 'running';
    INSERT INTO catalog.runs (source_id) VALUES (p_source) RETURNING id
$$;
COMMENT ON FUNCTION catalog.begin_run(uuid) IS 'Begins a run; earlier ones that never ended are marked as interrupted.';

CREATE FUNCTION catalog.end_run(p_run uuid, p jsonb) RETURNS void
LANGUAGE sql AS $$
    UPDATE catalog.runs r SET
        status = p->>'status', reason = p->>'reason', finished_at = now(),
        pages = n.pages, found = n.found, refused = n.refused, forbidden = n.forbidden,
        errors = n.errors, created = n.created, updated = n.updated, unchanged = n.unchanged,
        duplicate = n.duplicate, rejected = n.rejected
      FROM jsonb_populate_record(NULL::catalog.runs, p->'counts') AS n
     WHERE r.id = p_run;
    INSERT INTO catalog.run_pages (run_id, url, outcome, detail)
    SELECT p_run, url, outcome, detail
      FROM jsonb_to_recordset(p->'log') AS l (url text, outcome text, detail text)
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION catalog.end_run(uuid, jsonb) IS 'Ends a run with its status, counts and what became of each page.';

GRANT USAGE ON SCHEMA catalog TO vendas_catalog;
GRANT SELECT ON ALL TABLES IN SCHEMA catalog TO vendas_catalog;
GRANT INSERT, UPDATE ON catalog.sources, catalog.runs TO vendas_catalog;
GRANT INSERT ON catalog.run_pages TO vendas_catalog;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA catalog FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA catalog TO vendas_catalog;
