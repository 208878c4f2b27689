-- The demo's buyers, by the population of their states, and two people who work in the shop.
-- Nobody can sign in as any of them: their passwords' hashes are of nothing.

-- inhabitants in millions (IBGE, census of 2022), shared out among a state's cities
CREATE TEMP TABLE demo_cities ON COMMIT DROP AS
SELECT state, city, code, greatest(3, round(396 * millions / sum(millions) OVER ()))::int AS customers
  FROM (VALUES
        ('SP', 'São Paulo', '01310', 24.0), ('SP', 'Campinas', '13015', 8.5),
        ('SP', 'Santos', '11010', 5.4), ('SP', 'Ribeirão Preto', '14010', 6.5),
        ('MG', 'Belo Horizonte', '30130', 11.5), ('MG', 'Uberlândia', '38400', 5.0),
        ('MG', 'Juiz de Fora', '36010', 4.0), ('RJ', 'Rio de Janeiro', '20040', 11.0),
        ('RJ', 'Niterói', '24020', 5.1), ('BA', 'Salvador', '40020', 9.5),
        ('BA', 'Feira de Santana', '44001', 4.6), ('PR', 'Curitiba', '80020', 7.0),
        ('PR', 'Londrina', '86010', 4.4), ('RS', 'Porto Alegre', '90010', 7.0),
        ('RS', 'Caxias do Sul', '95010', 3.9), ('PE', 'Recife', '50030', 9.1),
        ('CE', 'Fortaleza', '60025', 8.8), ('PA', 'Belém', '66010', 8.1),
        ('SC', 'Florianópolis', '88010', 4.0), ('SC', 'Joinville', '89201', 3.6),
        ('GO', 'Goiânia', '74003', 7.1), ('MA', 'São Luís', '65010', 6.8),
        ('PB', 'João Pessoa', '58010', 4.0), ('AM', 'Manaus', '69005', 3.9),
        ('ES', 'Vitória', '29010', 3.8), ('MT', 'Cuiabá', '78005', 3.7),
        ('RN', 'Natal', '59025', 3.3), ('PI', 'Teresina', '64000', 3.3),
        ('AL', 'Maceió', '57020', 3.1), ('DF', 'Brasília', '70040', 2.8),
        ('MS', 'Campo Grande', '79002', 2.8), ('SE', 'Aracaju', '49010', 2.2),
        ('RO', 'Porto Velho', '76801', 1.6), ('TO', 'Palmas', '77001', 1.5),
        ('AC', 'Rio Branco', '69900', 0.8), ('AP', 'Macapá', '68900', 0.7),
        ('RR', 'Boa Vista', '69301', 0.6)
       ) AS list (state, city, code, millions);

-- n is the order in which they came. Two thirds of a year's customers were there when it began.
CREATE TEMP TABLE demo_customers ON COMMIT DROP AS
SELECT n, pg_temp.uuid7_at(joined_at, 'customer ' || n) AS id, joined_at,
       first || ' ' || middle || ' ' || last AS name,
       shared.slug(first) || '.' || shared.slug(last) || n || '@example.'
           || pg_temp.pick(ARRAY['com', 'org', 'net'], 'domain ' || n) AS email,
       state, jsonb_build_object(
           'recipient', first || ' ' || middle || ' ' || last,
           'postal_code', code || lpad((floor(pg_temp.chance('cep ' || n) * 99) * 10)::text, 3, '0'),
           'street', pg_temp.pick(ARRAY['Rua das Flores', 'Rua Sete de Setembro', 'Avenida Brasil',
               'Rua XV de Novembro', 'Rua das Palmeiras', 'Avenida Getúlio Vargas', 'Rua do Comércio',
               'Travessa São José', 'Rua Santos Dumont', 'Avenida Beira-Rio'], 'street ' || n),
           'number', (1 + floor(pg_temp.chance('number ' || n) * 1900))::int::text,
           'complement', CASE WHEN n % 3 = 0 THEN format('Apto %s', 11 + n % 140) END,
           'district', pg_temp.pick(ARRAY['Centro', 'Jardim América', 'Vila Nova', 'Boa Vista',
               'Santa Luzia', 'São Francisco', 'Bela Vista'], 'district ' || n),
           'city', city, 'state', state) AS address
  FROM (SELECT row_number() OVER (ORDER BY pg_temp.chance(format('queue %s %s', city, i))) AS n,
               count(*) OVER () AS many, c.*
          FROM demo_cities c CROSS JOIN generate_series(1, customers) AS i) AS queue
 CROSS JOIN LATERAL (
       SELECT pg_temp.pick(ARRAY['Ana', 'Beatriz', 'Camila', 'Daniela', 'Eduarda', 'Fernanda',
                  'Gabriela', 'Helena', 'Isabela', 'Juliana', 'Larissa', 'Mariana', 'Natália', 'Paula',
                  'Renata', 'Sônia', 'Tereza', 'Vitória', 'Antônio', 'Bruno', 'Carlos', 'Davi',
                  'Eduardo', 'Felipe', 'Gustavo', 'Henrique', 'Igor', 'João', 'José', 'Lucas',
                  'Marcelo', 'Otávio', 'Pedro', 'Rafael', 'Sérgio', 'Thiago', 'Vinícius', 'Yuri'],
                  'first ' || n) AS first,
              pg_temp.pick(ARRAY['Almeida', 'Andrade', 'Barros', 'Cardoso', 'Carvalho', 'da Silva',
                  'de Souza', 'dos Santos', 'Ferreira', 'Gonçalves'], 'middle ' || n) AS middle,
              pg_temp.pick(ARRAY['Lima', 'Oliveira', 'Pereira', 'Ribeiro', 'Rocha', 'Costa',
                  'Martins', 'Araújo', 'Nascimento', 'Moreira', 'Teixeira', 'Vieira', 'Batista',
                  'Freitas', 'Campos', 'Pinto'], 'last ' || n) AS last,
              date_trunc('day', now()) - interval '366 days'
                  + interval '365 days' * (3 * n / many::numeric - 2)
                  - interval '1 hour' * (1 + pg_temp.chance('joined ' || n) * 12) AS joined_at) AS drawn;

CREATE TEMP TABLE demo_staff ON COMMIT DROP AS
SELECT pg_temp.uuid7_at(date_trunc('day', now()) - interval '560 days', 'staff ' || role) AS id, list.*
  FROM (VALUES ('Marina Prado', 'marina.prado@example.com', 'manager'),
               ('Otávio Nunes', 'otavio.nunes@example.com', 'stock')) AS list (name, email, role);

INSERT INTO registry.users (id, name, email, password_hash, role, created_at, updated_at)
SELECT id, name, email, '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5$bm9ib2R5', role, joined_at, joined_at
  FROM (SELECT id, name, email, 'customer' AS role, joined_at FROM demo_customers
        UNION ALL
        SELECT id, name, email, role, date_trunc('day', now()) - interval '560 days' FROM demo_staff) AS people;
