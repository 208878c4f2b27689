-- The bench's shop: 600 products with ids that a script can count through,
-- 00000000-0000-7000-8000-000000000001 and so on; a variant has its product's id. Of products 1
-- to 300 there is plenty, so their pages may stand in the micro-cache; of the others there is
-- little, so theirs may not.

CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO vendas_products, vendas_sales;
-- order.sql does itself what a trigger of the owner's does otherwise.
GRANT UPDATE ON sales.stock_slots TO vendas_sales;
CREATE FUNCTION bench.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
$$;

INSERT INTO products.categories (id, slug, name)
SELECT bench.id(n), 'bench-' || n, 'Categoria ' || n
  FROM generate_series(1, 20) AS n;

INSERT INTO products.products (id, slug, name, description, brand, price, currency, weight_g,
                               attributes, images)
SELECT bench.id(n), 'bench-' || n,
       'Cafeteira elétrica ' || n,
       repeat('Prepara até trinta xícaras, com jarra de vidro e filtro permanente. ', 5),
       'Boa Hora', 9990 + n, 'BRL', 1500,
       '{"cor": "preta", "tensão": "127 V", "potência": "800 W", "garantia": "12 meses"}',
       '[{"url": "https://loja.example/images/cafeteira-frente.jpg", "alt": "Frente"},
         {"url": "https://loja.example/images/cafeteira-lado.jpg", "alt": "Lado"}]'
  FROM generate_series(1, 600) AS n;

INSERT INTO products.variants (id, product_id, sku)
SELECT id, id, 'BENCH-' || slug FROM products.products;

INSERT INTO products.product_categories (product_id, category_id)
SELECT p.id, c.id
  FROM products.products p
  JOIN products.categories c ON hashtext(p.slug || c.slug) % 10 = 0;

SELECT products.refresh(ARRAY(SELECT id FROM products.products));

INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved)
SELECT id, 'receive', CASE WHEN id <= bench.id(300) THEN 1000000000 ELSE 50 END, 0
  FROM products.variants;
