-- The demo's stock: what was received before it was sold, and what the orders did to it.

CREATE TEMP TABLE demo_movements ON COMMIT DROP AS
SELECT i.variant, m.kind, m.on_hand, m.reserved, o.id AS order_id, m.actor, NULL AS reason, m.at
  FROM demo_orders o
  JOIN demo_items i USING (key)
  JOIN demo_history h USING (key)
 CROSS JOIN LATERAL (VALUES
       ('pending', 'reserve', 0, i.quantity), ('paid', 'commit', -i.quantity, -i.quantity),
       ('canceled', 'release', 0, -i.quantity), ('expired', 'release', 0, -i.quantity)
       ) AS kinds (status, kind, on_hand, reserved)
 CROSS JOIN LATERAL (SELECT kinds.kind, kinds.on_hand, kinds.reserved, h.actor, h.at) AS m
 WHERE kinds.status = h.to_status;

-- A delivery on the first of each month brings what the month's orders ask for; the first one,
-- when the product is new, some for the shelf as well. Drafts have none.
INSERT INTO demo_movements
SELECT v.id, 'receive', wanted.pieces, 0, NULL, s.id, 'reposição', wanted.at
  FROM demo_variants v
  JOIN demo_products p ON p.n = v.product_n AND p.status <> 'draft'
  JOIN demo_staff s ON s.role = 'stock'
 CROSS JOIN LATERAL (
       SELECT p.made_at + interval '1 hour' AS at, 2 + (p.n * 13 + v.position * 7)::int % 39 AS pieces
       UNION ALL
       SELECT greatest(date_trunc('month', m.at), p.made_at + interval '2 hours'), sum(m.reserved)::int
         FROM demo_movements m WHERE m.variant = v.id AND m.kind = 'reserve'
        GROUP BY 1) AS wanted;

-- Some shelves turned out to be empty when they were counted; so are those of what is archived.
INSERT INTO demo_movements
SELECT v.id, 'count', -sum(m.on_hand - m.reserved)::int, 0, NULL, s.id, 'contagem: prateleira vazia', now()
  FROM demo_variants v
  JOIN demo_products p ON p.n = v.product_n
  JOIN demo_staff s ON s.role = 'stock'
  JOIN demo_movements m ON m.variant = v.id
 WHERE p.n % 19 = 6 OR p.status = 'archived'
 GROUP BY v.id, s.id
HAVING sum(m.on_hand - m.reserved) > 0;

-- The ledger's trigger would tell Products of each variant, within one transaction; here the rows
-- are added up at once.
ALTER TABLE sales.stock_movements DISABLE TRIGGER stock_movements_apply;

INSERT INTO sales.stock_movements (id, variant_id, kind, on_hand, reserved, order_id, actor, reason, created_at)
SELECT pg_temp.uuid7_at(at, format('%s %s %s', kind, variant, order_id)), variant, kind, on_hand, reserved,
       order_id, actor, reason, at
  FROM demo_movements;

ALTER TABLE sales.stock_movements ENABLE TRIGGER stock_movements_apply;

INSERT INTO sales.stock_slots (variant_id, on_hand, reserved)
SELECT variant, sum(on_hand), sum(reserved) FROM demo_movements GROUP BY variant;

INSERT INTO sales.reservations (order_id, variant_id, quantity)
SELECT o.id, i.variant, i.quantity FROM demo_orders o JOIN demo_items i USING (key) WHERE o.status = 'pending';

UPDATE products.variants v SET in_stock = true
  FROM sales.stock_levels l WHERE l.variant_id = v.id AND l.on_hand > l.reserved;
UPDATE products.products p SET in_stock = true
 WHERE EXISTS (SELECT FROM products.variants v WHERE v.product_id = p.id AND v.in_stock);
