-- Products :first to :last of the bench's catalogue, after words.sql; the same ones each time,
-- with ids that a script can count through as in shop.sql. bench/catalogue.py runs it, without the
-- indexes that no constraint needs and the trigger that tells Products of each row of the ledger.

\set ON_ERROR_STOP on
SET work_mem = '64MB';

-- A few are drafts or archived, some have a promotion; clothes come in sizes, and some things are
-- digital.
INSERT INTO products.products (id, slug, type, status, name, description, brand, price, currency,
                               promotional_price, cost, weight_g, width_mm, height_mm, length_mm,
                               options, attributes, images, in_stock, created_at, updated_at)
SELECT bench.id(n), shared.slug(title) || '-' || n, sort,
       CASE bench.even(n, 20, 100) WHEN 1 THEN 'draft' WHEN 2 THEN 'archived' ELSE 'active' END,
       title,
       t.name || ' ' || trait.word || ' da linha ' || line.word || ', em ' || material.word
           || ', para ' || use.word || E'.\n\n' || s1.word || ' ' || s2.word || ' ' || s3.word,
       brand.word, amount, 'BRL',
       CASE WHEN bench.even(n, 21, 8) = 1 THEN amount * 8 / 10 END,
       amount * 6 / 10, bench.even(n, 22, 9000), bench.even(n, 23, 900), bench.even(n, 24, 900),
       bench.even(n, 25, 900),
       CASE sort WHEN 'variations' THEN '{tamanho}'::text[] ELSE '{}' END,
       jsonb_build_object('cor', colour.word, 'material', material.word,
                          'meses de garantia', 3 * bench.even(n, 26, 8))
           || CASE WHEN t.department IN ('Eletrodomésticos', 'Eletrônicos', 'Ferramentas')
                   THEN jsonb_build_object('tensão', CASE bench.even(n, 27, 3) WHEN 1 THEN '220 V'
                                                     WHEN 2 THEN '127 V' ELSE 'bivolt' END)
                   ELSE '{}' END,
       jsonb_build_array(
           jsonb_build_object('url', 'https://loja.example/images/' || n || '-1.jpg', 'alt', title),
           jsonb_build_object('url', 'https://loja.example/images/' || n || '-2.jpg', 'alt', '')),
       bench.even(n, 30, 10) > 1 OR sort = 'digital', made_at, made_at
  FROM generate_series(:first, :last) AS n
  JOIN bench.things t ON t.rank = bench.zipf(n, 1, (SELECT count(*)::int FROM bench.things))
  JOIN bench.words trait ON trait.kind = 'trait' AND trait.rank = bench.zipf(n, 2, 50)
  JOIN bench.words brand ON brand.kind = 'brand' AND brand.rank = bench.zipf(n, 3, 500)
  JOIN bench.words line ON line.kind = 'line' AND line.rank = bench.zipf(n, 4, 3000)
  JOIN bench.words colour ON colour.kind = 'colour' AND colour.rank = bench.zipf(n, 5, 16)
  JOIN bench.words material ON material.kind = 'material' AND material.rank = bench.zipf(n, 6, 16)
  JOIN bench.words use ON use.kind = 'use' AND use.rank = bench.zipf(n, 7, 20)
  JOIN bench.words s1 ON s1.kind = 'sentence' AND s1.rank = bench.zipf(n, 8, 40)
  JOIN bench.words s2 ON s2.kind = 'sentence' AND s2.rank = bench.zipf(n, 9, 40)
  JOIN bench.words s3 ON s3.kind = 'sentence' AND s3.rank = bench.zipf(n, 10, 40)
 CROSS JOIN LATERAL (SELECT
       CASE WHEN t.department = 'Moda' THEN 'variations'
            WHEN t.name IN ('Console', 'Quadro', 'Jogo de tabuleiro') AND n % 2 = 0 THEN 'digital'
            ELSE 'simple' END AS sort,
       concat_ws(' ', t.name, CASE WHEN bench.even(n, 11, 5) > 1 THEN trait.word END, brand.word,
                 line.word, CASE WHEN bench.even(n, 12, 2) = 1 THEN material.word END,
                 CASE WHEN bench.even(n, 13, 4) > 1 THEN colour.word END,
                 CASE WHEN bench.even(n, 14, 2) = 1
                      THEN upper(left(brand.word, 2)) || bench.even(n, 15, 9999) END) AS title,
       (t.price * (0.5 + bench.chance(n, 16) + bench.chance(n, 17)))::bigint / 10 * 10 + 9 AS amount,
       '2024-01-01'::timestamptz + n * interval '1 minute' AS made_at) AS made
 ORDER BY n;

-- A product's first variant has its id.
INSERT INTO products.variants (id, product_id, sku, gtin, price, options, in_stock, position)
SELECT ('0000000' || place || right(p.id::text, 28))::uuid, p.id, 'B' || n || '-' || place,
       CASE WHEN bench.even(n, 40, 10) > 1 THEN bench.gtin(n * 4 + place) END,
       CASE WHEN place = 3 THEN p.price + 1000 END,
       CASE WHEN p.type = 'variations'
            THEN jsonb_build_object('tamanho', (ARRAY['P', 'M', 'G', 'GG'])[place + 1]) ELSE '{}' END,
       p.in_stock, place
  FROM generate_series(:first, :last) AS n
  JOIN products.products p ON p.id = bench.id(n)
 CROSS JOIN generate_series(0, CASE WHEN p.type = 'variations' THEN 3 ELSE 0 END) AS place;

-- In the category of the thing or one of its lines, and now and then in some other.
INSERT INTO products.product_categories (product_id, category_id)
SELECT bench.id(n),
       bench.category(t.name || CASE WHEN t.rank % 6 > 0 THEN ''
                                ELSE (ARRAY['', ' econômica', ' profissional'])[bench.even(n, 50, 3)] END)
  FROM generate_series(:first, :last) AS n
  JOIN bench.things t ON t.rank = bench.zipf(n, 1, (SELECT count(*)::int FROM bench.things))
UNION
SELECT bench.id(n), bench.category(t.name)
  FROM generate_series(:first, :last) AS n
  JOIN bench.things t ON t.rank = bench.even(n, 51, (SELECT count(*)::int FROM bench.things))
 WHERE bench.even(n, 52, 10) = 1;

-- The ledger and what it adds up to.
CREATE TEMPORARY TABLE received AS
SELECT v.id AS variant_id, bench.even(n, 60, 200) AS pieces
  FROM generate_series(:first, :last) AS n
  JOIN products.products p ON p.id = bench.id(n)
  JOIN products.variants v ON v.product_id = p.id
 WHERE v.in_stock AND p.type <> 'digital';
INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved)
SELECT variant_id, 'receive', pieces, 0 FROM received;
INSERT INTO sales.stock_slots (variant_id, on_hand) SELECT variant_id, pieces FROM received;

-- What is derived, a batch at a time; and one in ten products was sold of late.
SELECT format('SELECT products.refresh(ARRAY(SELECT bench.id(n) FROM generate_series(%s, %s) AS n))',
              n, least(n + 4999, :last))
  FROM generate_series(:first, :last, 5000) AS n \gexec
UPDATE products.listing l SET popularity = bench.zipf(n, 71, 5000)
  FROM generate_series(:first, :last) AS n
 WHERE l.product_id = bench.id(n) AND bench.even(n, 70, 10) = 1;
SELECT 'SELECT products.learn(5000)' FROM generate_series(:first, :last, 5000) \gexec
