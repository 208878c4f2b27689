-- What else a catalogue can hold: a thing in colours and sizes, one that is made of others, and one
-- that nobody carries. They are as old as the shop, and nobody has ordered them yet.

CREATE TEMP TABLE demo_showcase ON COMMIT DROP AS
SELECT list.*, pg_temp.uuid7_at(made_at, 'showcase ' || name) AS id
  FROM (SELECT type, category, name, brand, price, weight_g, options, description,
               date_trunc('day', now()) - interval '30 days' AS made_at
          FROM (VALUES
    ('variations', 63, 'Moletom canguru Trilha Nova', 'Trilha Nova', 15990, 520, ARRAY['cor', 'tamanho'],
     E'Macio por dentro, com capuz forrado e um bolso em que cabem as duas mãos.\n\n'
     '## Como escolher o tamanho\n\n'
     'Meça uma blusa que veste bem, de axila a axila:\n\n'
     '1. até **50 cm**: P\n2. até **54 cm**: M\n3. até **58 cm**: G\n4. acima disso: GG\n\n'
     '> Lave do avesso, em água fria, e seque à sombra.\n'),
    ('bundle', 11, 'Cesta de café da manhã Boa Hora', 'Boa Hora', 14990, NULL, '{}',
     E'Tudo para o primeiro café da casa nova, com um preço menor do que as partes.\n\n'
     '## O que vem na cesta\n\n'
     '- uma **cafeteira italiana** de 3 xícaras\n- dois pacotes de **café moído**\n- duas **canecas esmaltadas**\n\n'
     'Cada parte sai do estoque da loja: há tantas cestas quantas as partes permitem.\n'),
    ('digital', 32, 'Livro digital Doces da roça', 'Sítio Alegre', 2490, NULL, '{}',
     E'Quarenta receitas de tacho e de forno, do doce de leite à goiabada, para ler no celular ou imprimir.\n\n'
     '## Do sumário\n\n'
     '1. *O ponto do açúcar*, com fotos de cada um\n2. Compotas e geleias\n3. Doces de leite\n4. Bolos de tabuleiro\n\n'
     'Em `PDF` e `EPUB`; chega por e-mail assim que o pagamento é confirmado.\n')
               ) AS kinds (type, category, name, brand, price, weight_g, options, description)) AS list;

INSERT INTO products.products (id, slug, type, options, status, name, description, brand, price, currency,
                               weight_g, attributes, created_at, updated_at)
SELECT id, shared.slug(name), type, options, 'active', name, description, brand, price, 'BRL', weight_g,
       CASE type WHEN 'variations' THEN '{"material": "algodão"}' ELSE '{}' END::jsonb, made_at, made_at
  FROM demo_showcase;

INSERT INTO products.product_categories
SELECT s.id, c.id FROM demo_showcase s JOIN demo_categories c ON c.n = s.category;

INSERT INTO products.variants (id, product_id, sku, options, position)
SELECT pg_temp.uuid7_at(made_at, name || ' ' || sku), id, sku, chosen, position
  FROM (SELECT s.*, 'MOL-' || upper(left(cor, 3)) || '-' || tamanho AS sku, (10 * c + t)::int AS position,
               jsonb_build_object('cor', cor, 'tamanho', tamanho) AS chosen
          FROM demo_showcase s
         CROSS JOIN unnest(ARRAY['verde', 'mostarda', 'vinho']) WITH ORDINALITY AS colours (cor, c)
         CROSS JOIN unnest(ARRAY['P', 'M', 'G', 'GG']) WITH ORDINALITY AS sizes (tamanho, t)
         WHERE s.type = 'variations'
         UNION ALL
        SELECT s.*, upper(left(shared.slug(name), 3)) || '-' || upper(left(type, 3)), 0, '{}'
          FROM demo_showcase s WHERE s.type <> 'variations') AS wanted;

INSERT INTO products.bundle_parts (bundle_id, part_id, quantity, position)
SELECT bundle.id, part.id, list.quantity, list.n
  FROM (VALUES (1, 'Cafeteira italiana 3 xícaras Boa Hora', 1), (2, 'Café moído 250 g Serra Mansa', 2),
               (3, 'Caneca esmaltada 250 ml Pedra Clara', 2)) AS list (n, name, quantity)
  JOIN products.products p USING (name)
  JOIN products.variants part ON part.product_id = p.id
 CROSS JOIN (SELECT v.id FROM products.variants v JOIN demo_showcase s ON s.id = v.product_id
              WHERE s.type = 'bundle') AS bundle;

INSERT INTO sales.stock_movements (id, variant_id, kind, on_hand, reserved, reason, created_at)
SELECT pg_temp.uuid7_at(s.made_at, 'showcase stock ' || v.sku), v.id, 'receive', 4 + v.position * 7 % 23, 0,
       'primeira entrega', s.made_at
  FROM demo_showcase s JOIN products.variants v ON v.product_id = s.id
 WHERE s.type = 'variations' ORDER BY v.position;

UPDATE products.variants v SET in_stock = s.type = 'digital' OR products.bundle_available(v.id) > 0
  FROM demo_showcase s WHERE s.id = v.product_id AND s.type <> 'variations';
UPDATE products.products p SET in_stock = true
  FROM demo_showcase s
 WHERE s.id = p.id AND EXISTS (SELECT FROM products.variants v WHERE v.product_id = p.id AND v.in_stock);
