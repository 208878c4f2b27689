-- What the collector found is on the shelf as well: a first delivery of each product that it
-- made, but for a few that are still on their way. Run after the demo's first collection.

INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, reason)
SELECT v.id, 'receive', 6 + abs(hashtext(p.slug)) % 40, 0, 'primeira entrega'
  FROM products.ingested i
  JOIN products.products p ON p.id = i.product_id
  JOIN products.variants v ON v.product_id = p.id
 WHERE i.owner AND abs(hashtext(p.slug)) % 9 > 0
   AND NOT EXISTS (SELECT FROM sales.stock_levels l WHERE l.variant_id = v.id)
 ORDER BY v.id;
