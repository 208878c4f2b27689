-- What the bench's catalogue is made of: dice with a fixed seed, word lists, and a tree of
-- categories. After shop.sql; catalogue.sql makes products of it.

-- A hash, so that a product does not depend on which others are made, nor in which order.
CREATE FUNCTION bench.chance(n bigint, die int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(n, die) & 9007199254740991) / 9007199254740992.0
$$;
COMMENT ON FUNCTION bench.chance(bigint, int) IS 'From 0 to below 1, the same each time; die tells apart what is thrown for one number.';

CREATE FUNCTION bench.even(n bigint, die int, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT 1 + floor(bench.chance(n, die) * sides)::int
$$;
COMMENT ON FUNCTION bench.even(bigint, int, int) IS 'From 1 to sides, each as often as the others.';

CREATE FUNCTION bench.zipf(n bigint, die int, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT least(floor(exp(bench.chance(n, die) * ln(sides + 1.0::float8)))::int, sides)
$$;
COMMENT ON FUNCTION bench.zipf(bigint, int, int) IS 'From 1 to sides, 1 twice as often as 2 or so, as words of a language are.';

CREATE FUNCTION bench.gtin(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT body || (10 - sum(digit::int * CASE WHEN place % 2 = 1 THEN 1 ELSE 3 END) % 10) % 10
      FROM (SELECT '789' || lpad(n::text, 9, '0') AS body) AS code,
           string_to_table(body, NULL) WITH ORDINALITY AS digits (digit, place)
     GROUP BY body
$$;
COMMENT ON FUNCTION bench.gtin(bigint) IS 'A GTIN-13 with its check digit, another for each number below a billion.';

-- Words --------------------------------------------------------------------------------------

CREATE TABLE bench.words (
    kind text,
    rank int, -- 1 is the most frequent of its kind
    word text NOT NULL,
    PRIMARY KEY (kind, rank)
);

INSERT INTO bench.words
SELECT kind, rank, word
  FROM (VALUES
    ('trait', 'portátil;premium;resistente;elegante;confortável;leve;multiuso;grande;inteligente;dobrável;impermeável;ajustável;sustentável;infantil;slim;versátil;universal;digital;removível;lavável;flexível;durável;térmico;giratório;reforçado;ergonômico;antiderrapante;decorativo;recarregável;articulado;silencioso;esportivo;retrô;minimalista;empilhável;magnético;transparente;acolchoado;respirável;hipoalergênico;artesanal;modular;telescópico;luminoso;aveludado;estampado;trançado;perfumado;reversível;autolimpante'),
    ('colour', 'preto;branco;azul;vermelho;cinza;verde;rosa;bege;amarelo;marrom;roxo;laranja;dourado;prateado;turquesa;vinho'),
    ('material', 'plástico;aço inox;algodão;madeira;alumínio;vidro;couro;poliéster;cerâmica;bambu;silicone;ferro fundido;linho;porcelana;borracha;titânio'),
    ('use', 'o dia a dia;a família;o escritório;presente;viagem;apartamentos pequenos;profissionais;a casa de praia;festas;crianças;quem treina;a cozinha;o jardim;a oficina;o quarto;iniciantes;o inverno;o verão;quem trabalha em casa;o sítio'),
    ('sentence', 'Entrega rápida para todo o Brasil.;Garantia de um ano contra defeitos de fabricação.;Fácil de limpar e de guardar.;Acompanha manual em português.;Design moderno que combina com qualquer ambiente.;Produto novo, na caixa lacrada.;Feito com materiais de alta qualidade.;Ocupa pouco espaço.;Testado e aprovado pelo Inmetro.;Baixo consumo de energia.;Montagem simples, sem ferramentas.;Acabamento feito à mão.;Seguro para toda a família.;Peças de reposição disponíveis.;Embalagem reciclável.;Não desbota nem perde a forma.;Suporta uso intenso todos os dias.;Recomendado por especialistas.;Fabricado no polo industrial de Manaus.;Compatível com acessórios de outras marcas.;Superfície resistente a riscos.;Pode ir à lava-louças.;Costuras duplas nos pontos de maior esforço.;Base emborrachada que não escorrega.;Edição limitada de colecionador.;Certificado de origem da matéria-prima.;Ajuste em três posições.;Bateria de longa duração.;Inclui estojo para transporte.;Desenvolvido com atletas olímpicos.;Tratamento contra fungos e bactérias.;Não contém bisfenol.;Pintura eletrostática de alta aderência.;Regulagem milimétrica de altura.;Vedação hermética que conserva o aroma.;Espuma com memória que se molda ao corpo.;Sensor de presença integrado.;Madeira de reflorestamento certificada.;Filtro permanente, sem refil.;Trava de segurança para crianças.')
  ) AS lists (kind, list),
       string_to_table(list, ';') WITH ORDINALITY AS words (word, rank);

-- 500 brands and 3000 names of product lines, made of syllables.
INSERT INTO bench.words
SELECT 'brand', row_number() OVER (ORDER BY hashtextextended(a || b, 1)), initcap(a || b)
  FROM string_to_table('bra nova ultra sol mar rio alto vale luz pedra mundo casa forte lumi verde prima terra azul ponto vila monte campo serra aqua bela', ' ') AS a,
       string_to_table('tec lar lux max sul norte mix plus home dex lia ria tone wave fit dor via net gran vita', ' ') AS b;
INSERT INTO bench.words
SELECT 'line', row_number() OVER (ORDER BY hashtextextended(a || b || c, 1)), initcap(a || b || c)
  FROM string_to_table('ba bre ca cri da dre fa flo ga gri ja la ma ne pa que ra sa ta ve', ' ') AS a,
       string_to_table('ba ce di fo gu la me ni po ru sa ti vo xe zi', ' ') AS b,
       string_to_table('bel cor dan far gon lim mur nix pol tron', ' ') AS c;

INSERT INTO products.attributes (name, label, type, unit, choices, filterable)
VALUES ('cor', 'Cor', 'text', NULL, '{}', true), ('tensão', 'Tensão', 'text', NULL, '{}', true),
       ('meses de garantia', 'Garantia', 'number', 'meses', '{}', true),
       ('material', 'Material', 'choice', NULL,
        ARRAY(SELECT word FROM bench.words WHERE kind = 'material' ORDER BY rank), true);

-- Things, and their categories ---------------------------------------------------------------

CREATE TABLE bench.things (
    rank       int PRIMARY KEY, -- 1 is what there is most of
    name       text NOT NULL UNIQUE,
    price      int NOT NULL,    -- about what one costs, minor units
    department text NOT NULL,
    section    text NOT NULL
);
COMMENT ON TABLE bench.things IS 'What is sold: each has its category.';

INSERT INTO bench.things
SELECT row_number() OVER (ORDER BY hashtextextended(name, 1)), name, price::int * 100, department, section
  FROM (VALUES
    ('Eletrodomésticos', 'Cozinha grande', 'Geladeira 3200;Fogão 1400;Forno elétrico 700;Lava-louças 2900;Freezer 2400;Coifa 1100'),
    ('Eletrodomésticos', 'Portáteis', 'Liquidificador 180;Batedeira 320;Torradeira 150;Fritadeira 450;Sanduicheira 120;Espremedor 140'),
    ('Eletrodomésticos', 'Lavanderia', 'Lavadora 2100;Secadora 1900;Ferro de passar 160;Centrífuga 600;Tábua de passar 190'),
    ('Eletrodomésticos', 'Clima', 'Ventilador 220;Climatizador 520;Aquecedor 280;Umidificador 170;Desumidificador 900'),
    ('Eletrônicos', 'Áudio', 'Fone de ouvido 250;Caixa de som 400;Amplificador 1300;Microfone 350;Toca-discos 990;Rádio 180'),
    ('Eletrônicos', 'Vídeo', 'Televisor 2600;Projetor 1800;Suporte de parede 110;Antena 90;Controle remoto 60'),
    ('Eletrônicos', 'Celulares', 'Celular 1900;Capa de celular 50;Película 30;Carregador 90;Bateria externa 140;Cabo de dados 35'),
    ('Eletrônicos', 'Câmeras', 'Câmera 3100;Lente 1700;Tripé 210;Drone 3900;Bolsa para câmera 190'),
    ('Informática', 'Computadores', 'Notebook 3600;Computador 3100;Monitor 950;Tablet 1300;Impressora 850;Roteador 240'),
    ('Informática', 'Periféricos', 'Teclado 190;Mouse 110;Webcam 230;Pendrive 45;Disco externo 420;Mesa digitalizadora 560'),
    ('Informática', 'Componentes', 'Placa de vídeo 2300;Processador 1500;Memória 320;Fonte 380;Gabinete 350'),
    ('Informática', 'Jogos', 'Console 3300;Joystick 290;Cadeira gamer 1100;Volante 1400;Headset 330'),
    ('Casa', 'Mesa', 'Panela 130;Frigideira 110;Jogo de talheres 160;Prato 40;Copo 25;Assadeira 70'),
    ('Casa', 'Cama', 'Lençol 120;Travesseiro 80;Edredom 260;Colchão 1500;Manta 110;Fronha 35'),
    ('Casa', 'Banho', 'Toalha 60;Roupão 180;Tapete de banheiro 55;Espelho 210;Saboneteira 40'),
    ('Casa', 'Decoração', 'Luminária 170;Vaso 75;Quadro 95;Almofada 50;Cortina 190;Relógio de parede 85'),
    ('Móveis', 'Sala', 'Sofá 2300;Poltrona 850;Estante 720;Rack 560;Mesa de centro 340'),
    ('Móveis', 'Quarto', 'Guarda-roupa 1600;Cômoda 640;Criado-mudo 260;Beliche 1250;Berço 780;Penteadeira 590'),
    ('Móveis', 'Escritório', 'Escrivaninha 520;Cadeira giratória 640;Arquivo 430;Gaveteiro 370;Apoio para os pés 90'),
    ('Móveis', 'Varanda', 'Rede 150;Espreguiçadeira 480;Ombrelone 420;Banco de jardim 510;Balanço 690'),
    ('Moda', 'Roupas', 'Camiseta 60;Calça 140;Vestido 170;Jaqueta 260;Camisa 110;Bermuda 80'),
    ('Moda', 'Calçados', 'Tênis 290;Sandália 110;Bota 320;Chinelo 40;Sapato 230'),
    ('Moda', 'Acessórios', 'Mochila 190;Carteira 90;Cinto 75;Óculos de sol 240;Boné 65;Relógio de pulso 480'),
    ('Moda', 'Íntima', 'Pijama 95;Meia 25;Sutiã 70;Cueca 30;Camisola 85'),
    ('Esporte', 'Academia', 'Halter 90;Esteira 2400;Bicicleta ergométrica 1600;Colchonete 60;Elástico de treino 45'),
    ('Esporte', 'Ciclismo', 'Bicicleta 1700;Capacete 190;Selim 120;Farol de bicicleta 80;Bomba de ar 70'),
    ('Esporte', 'Aventura', 'Barraca 520;Saco de dormir 230;Lanterna 85;Cantil 50;Bússola 65;Fogareiro 140'),
    ('Esporte', 'Bola', 'Bola 110;Chuteira 280;Raquete 350;Luva de goleiro 130;Caneleira 55'),
    ('Ferramentas', 'Elétricas', 'Furadeira 340;Serra 520;Lixadeira 310;Parafusadeira 290;Esmerilhadeira 330;Plaina 610'),
    ('Ferramentas', 'Manuais', 'Martelo 50;Alicate 45;Chave de fenda 25;Trena 30;Serrote 55;Nível 60'),
    ('Ferramentas', 'Pintura', 'Rolo de pintura 30;Pincel 15;Tinta 190;Compressor 1300;Escada 360'),
    ('Ferramentas', 'Jardim', 'Cortador de grama 890;Mangueira 95;Tesoura de poda 70;Pulverizador 130;Carrinho de mão 290'),
    ('Beleza', 'Cabelo', 'Secador de cabelo 210;Chapinha 190;Xampu 35;Condicionador 35;Escova de cabelo 40;Barbeador 260'),
    ('Beleza', 'Rosto', 'Batom 40;Base 60;Hidratante 50;Protetor solar 65;Máscara facial 30'),
    ('Beleza', 'Perfumaria', 'Perfume 230;Colônia 95;Desodorante 25;Sabonete 12;Óleo corporal 55'),
    ('Beleza', 'Saúde', 'Balança 110;Termômetro 45;Medidor de pressão 190;Massageador 240;Inalador 210'),
    ('Infantil', 'Brinquedos', 'Boneca 120;Carrinho 60;Quebra-cabeça 70;Blocos de montar 190;Pelúcia 85;Jogo de tabuleiro 130'),
    ('Infantil', 'Bebê', 'Carrinho de bebê 1100;Mamadeira 45;Chupeta 25;Fralda 90;Banheira 150;Babá eletrônica 420'),
    ('Infantil', 'Escola', 'Caderno 25;Estojo 40;Lancheira 75;Lápis de cor 35;Tinta guache 20'),
    ('Infantil', 'Passeio', 'Patinete 320;Velocípede 210;Cadeira para carro 890;Piscina 260;Bola de sabão 15')
  ) AS sections (department, section, list),
       string_to_table(list, ';') AS item,
       regexp_match(item, '^(.*) (\d+)$') AS parts,
       LATERAL (SELECT parts[1] AS name, parts[2] AS price) AS thing;

-- Departments, sections, things; and below every sixth thing, two lines of it.
CREATE FUNCTION bench.category(path text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-9000-' || left(md5(path), 12))::uuid
$$;
INSERT INTO products.categories (id, parent_id, slug, name)
SELECT DISTINCT bench.category(path), bench.category(nullif(parent, '')), shared.slug(path), node.name
  FROM bench.things t
 CROSS JOIN LATERAL (VALUES
       ('', t.department, t.department),
       (t.department, t.department || ' ' || t.section, t.section),
       (t.department || ' ' || t.section, t.name, t.name),
       (CASE WHEN t.rank % 6 = 0 THEN t.name END, t.name || ' econômica', 'Linha econômica'),
       (CASE WHEN t.rank % 6 = 0 THEN t.name END, t.name || ' profissional', 'Linha profissional')
       ) AS node (parent, path, name)
 WHERE parent IS NOT NULL;
