-- The demo's catalogue. A line below is a kind of thing; each brand that makes it, in each size
-- that it comes in, is a product. Prices and weights go from those of the first size to those of
-- the last.

CREATE TEMP TABLE demo_categories ON COMMIT DROP AS
SELECT n, parent, name, shared.slug(parent || ' ' || name) AS slug,
       pg_temp.uuid7_at(date_trunc('day', now()) - interval '550 days', 'category ' || name) AS id
  FROM (VALUES
        (1, '', 'Casa e cozinha'), (2, '', 'Cama e banho'), (3, '', 'Mercearia'),
        (4, '', 'Papelaria'), (5, '', 'Ferramentas e jardim'), (6, '', 'Esporte e lazer'),
        (11, 'Casa e cozinha', 'Café e chá'), (12, 'Casa e cozinha', 'Panelas e formas'),
        (13, 'Casa e cozinha', 'Utensílios'), (14, 'Casa e cozinha', 'Mesa posta'),
        (15, 'Casa e cozinha', 'Eletroportáteis'), (21, 'Cama e banho', 'Cama'),
        (22, 'Cama e banho', 'Banho'), (23, 'Cama e banho', 'Decoração'),
        (31, 'Mercearia', 'Cafés'), (32, 'Mercearia', 'Doces e geleias'),
        (33, 'Mercearia', 'Temperos e azeites'), (41, 'Papelaria', 'Cadernos e agendas'),
        (42, 'Papelaria', 'Escrita'), (43, 'Papelaria', 'Organização'),
        (51, 'Ferramentas e jardim', 'Ferramentas'), (52, 'Ferramentas e jardim', 'Jardim'),
        (61, 'Esporte e lazer', 'Camping'), (62, 'Esporte e lazer', 'Bicicleta'),
        (63, 'Esporte e lazer', 'Roupas')
       ) AS list (n, parent, name);

-- ordering puts parents first, which children refer to
INSERT INTO products.categories (id, parent_id, slug, name, position, created_at)
SELECT c.id, above.id, c.slug, c.name, c.n % 10, now() - interval '550 days'
  FROM demo_categories c LEFT JOIN demo_categories above ON above.name = c.parent AND above.parent = ''
 ORDER BY c.n;

-- What buyers may filter by, and what the shop asks of its kitchenware.
INSERT INTO products.attributes (name, label, label_en, type, filterable, position)
VALUES ('material', 'Material', 'Material', 'text', true, 1),
       ('capacidade', 'Capacidade', 'Capacity', 'text', true, 2),
       ('diâmetro', 'Diâmetro', 'Diameter', 'text', true, 3),
       ('comprimento', 'Comprimento', 'Length', 'text', true, 4);
INSERT INTO products.category_attributes (category_id, attribute, required)
SELECT id, 'material', false FROM demo_categories WHERE parent = '' AND name = 'Casa e cozinha';

INSERT INTO products.synonyms (word, synonyms)
VALUES ('frigideira', ARRAY['caçarola']), ('edredom', ARRAY['cobertor']), ('coador', ARRAY['filtro']);

CREATE TEMP TABLE demo_brands ON COMMIT DROP AS
SELECT name, 1000 + 37 * n AS code, 0.92 + 0.03 * (n % 7) AS dearness
  FROM unnest(ARRAY['Boa Hora', 'Serra Mansa', 'Pedra Clara', 'Dona Brisa', 'Ferro Bom',
                    'Casa Mirim', 'Luz de Vila', 'Ponto Firme', 'Ipê Miúdo', 'Trilha Nova',
                    'Papel e Prosa', 'Mão Cheia', 'Sol Poente', 'Rio Manso', 'Graúna Azul',
                    'Sítio Alegre']) WITH ORDINALITY AS list (name, n);

-- what is it; its sizes and what they are called (a "tamanho" is a variant, not a product);
-- brands; price in reais and weight in grams of the smallest and largest; further attributes;
-- what it is good for
CREATE TEMP TABLE demo_lines ON COMMIT DROP AS
SELECT row_number() OVER () AS line, list.*
  FROM (VALUES
    (11, 'Cafeteira italiana', 'capacidade', '3 xícaras|6 xícaras|9 xícaras', 'Boa Hora|Serra Mansa',
     64, 139, 450, 980, '{"material": "alumínio"}', 'Para o fogão: café encorpado em poucos minutos, com cabo que não esquenta.'),
    (11, 'Cafeteira francesa', 'capacidade', '350 ml|600 ml|1 litro', 'Boa Hora|Luz de Vila',
     59, 129, 420, 890, '{"material": "vidro e inox"}', 'Infusão lenta com filtro de inox, sem papel e sem pressa.'),
    (11, 'Coador de café', 'capacidade', 'nº 2|nº 4', 'Boa Hora|Casa Mirim|Dona Brisa',
     18, 49, 160, 320, '{"material": "cerâmica"}', 'Mantém a água quente e o fluxo regular para um coado limpo.'),
    (11, 'Chaleira', 'capacidade', '1,2 litro|2 litros', 'Boa Hora|Pedra Clara|Ferro Bom',
     79, 169, 650, 1100, '{"material": "aço inox"}', 'Bico fino que dá controle ao despejar e apito quando a água ferve.'),
    (11, 'Moedor manual de café', 'capacidade', '20 g|40 g', 'Serra Mansa|Ferro Bom',
     109, 189, 480, 760, '{"material": "aço e cerâmica"}', 'Mós de cerâmica com regulagem do fino ao grosso.'),
    (11, 'Garrafa térmica', 'capacidade', '500 ml|750 ml|1 litro|1,8 litro', 'Boa Hora|Rio Manso',
     54, 149, 380, 1200, '{"material": "aço inox"}', 'Parede dupla a vácuo: quente por 12 horas, fria por 24.'),
    (12, 'Frigideira antiaderente', 'diâmetro', '20 cm|24 cm|28 cm', 'Pedra Clara|Mão Cheia',
     49, 119, 520, 1150, '{"material": "alumínio", "fogão": "gás e elétrico"}', 'Aquece por igual e solta fácil, com pouca gordura.'),
    (12, 'Panela de ferro', 'capacidade', '2 litros|4 litros|6 litros', 'Ferro Bom|Pedra Clara',
     149, 329, 3200, 6900, '{"material": "ferro fundido"}', 'Guarda o calor como nenhuma outra: do feijão ao pão de casca grossa.'),
    (12, 'Panela de pressão', 'capacidade', '3 litros|4,5 litros|7 litros', 'Mão Cheia|Casa Mirim',
     99, 219, 1300, 2600, '{"material": "alumínio polido"}', 'Fechamento externo com três travas de segurança.'),
    (12, 'Caçarola', 'diâmetro', '18 cm|22 cm|26 cm', 'Pedra Clara|Casa Mirim',
     69, 159, 780, 1650, '{"material": "alumínio fundido"}', 'Tampa de vidro e alças firmes para levar do fogão à mesa.'),
    (12, 'Forma para bolo', 'diâmetro', '20 cm|24 cm|28 cm', 'Mão Cheia|Dona Brisa',
     24, 54, 240, 520, '{"material": "alumínio"}', 'Com furo no meio, para um bolo que cresce e assa por igual.'),
    (12, 'Assadeira retangular', 'comprimento', '30 cm|35 cm|40 cm', 'Mão Cheia|Pedra Clara',
     34, 79, 420, 980, '{"material": "aço esmaltado"}', 'Bordas altas e fundo grosso, para assados com bastante molho.'),
    (13, 'Faca do chef', 'lâmina', '15 cm|20 cm|25 cm', 'Ferro Bom|Mão Cheia',
     49, 139, 140, 290, '{"material": "aço inox"}', 'Lâmina equilibrada que mantém o fio por muito tempo.'),
    (13, 'Tábua de corte', 'comprimento', '25 cm|35 cm|45 cm', 'Ipê Miúdo|Casa Mirim',
     39, 119, 700, 2300, '{"material": "madeira teca"}', 'Madeira de manejo certificado, com canaleta para o caldo.'),
    (13, 'Colher de pau', 'comprimento', '25 cm|35 cm', 'Ipê Miúdo|Dona Brisa',
     9, 19, 40, 80, '{"material": "madeira"}', 'De uma peça só, lixada à mão e curada com óleo mineral.'),
    (13, 'Jogo de potes herméticos', 'peças', '3 peças|5 peças|10 peças', 'Casa Mirim|Luz de Vila',
     39, 129, 480, 1700, '{"material": "vidro"}', 'Vão do congelador ao micro-ondas e fecham com quatro travas.'),
    (13, 'Ralador', 'faces', '4 faces|6 faces', 'Mão Cheia|Ferro Bom',
     19, 44, 180, 330, '{"material": "aço inox"}', 'Do parmesão à batata-palha, com base que não escorrega.'),
    (13, 'Balança digital de cozinha', 'capacidade', '5 kg|10 kg', 'Casa Mirim|Luz de Vila',
     44, 89, 350, 520, '{"precisão": "1 g"}', 'Pesa de grama em grama e desconta o peso da vasilha.'),
    (14, 'Jogo de pratos', 'peças', '6 peças|12 peças|18 peças', 'Pedra Clara|Dona Brisa',
     89, 299, 2800, 8200, '{"material": "cerâmica"}', 'Esmalte fosco em tons da terra; pode ir à lava-louças.'),
    (14, 'Jogo de copos', 'peças', '4 peças|6 peças', 'Luz de Vila|Dona Brisa',
     29, 69, 900, 1500, '{"material": "vidro"}', 'Vidro grosso, para água, suco e o café da roça.'),
    (14, 'Faqueiro', 'peças', '24 peças|30 peças|72 peças', 'Ferro Bom|Luz de Vila',
     99, 399, 1100, 3600, '{"material": "aço inox"}', 'Linhas simples e acabamento escovado que não marca com o uso.'),
    (14, 'Jarra', 'capacidade', '1 litro|1,5 litro', 'Luz de Vila|Pedra Clara',
     39, 74, 650, 980, '{"material": "vidro"}', 'Boca larga para gelo e frutas, com tampa que segura tudo.'),
    (14, 'Caneca esmaltada', 'capacidade', '250 ml|370 ml|500 ml', 'Pedra Clara|Casa Mirim|Sítio Alegre',
     19, 44, 130, 240, '{"material": "aço esmaltado"}', 'Leve e resistente, com a borda colorida de sempre.'),
    (14, 'Toalha de mesa', 'lugares', '4 lugares|6 lugares|8 lugares', 'Ponto Firme|Dona Brisa',
     59, 129, 380, 720, '{"material": "algodão"}', 'Tecido encorpado que sai macio da máquina e quase não amassa.'),
    (15, 'Liquidificador', 'potência', '600 W|900 W|1200 W', 'Graúna Azul|Casa Mirim',
     129, 289, 1900, 3100, '{"tensão": "127 V"}', 'Copo de dois litros e seis lâminas que trituram gelo.'),
    (15, 'Batedeira planetária', 'potência', '500 W|750 W', 'Graúna Azul|Luz de Vila',
     349, 699, 4200, 6400, '{"tensão": "127 V"}', 'Três batedores e doze velocidades, para massa pesada e clara em neve.'),
    (15, 'Sanduicheira elétrica', 'potência', '750 W|1000 W', 'Graúna Azul|Casa Mirim',
     89, 169, 1300, 1900, '{"tensão": "127 V"}', 'Placas antiaderentes e luz que avisa quando está pronto.'),
    (15, 'Ventilador de mesa', 'diâmetro', '30 cm|40 cm', 'Graúna Azul|Sol Poente',
     119, 219, 2300, 3600, '{"tensão": "127 V"}', 'Três velocidades, silencioso à noite e com grade que se abre para limpar.'),
    (15, 'Chaleira elétrica', 'capacidade', '1,2 litro|1,8 litro', 'Graúna Azul|Boa Hora',
     89, 179, 900, 1250, '{"tensão": "127 V"}', 'Ferve um litro em quatro minutos e desliga sozinha.'),
    (21, 'Jogo de lençol', 'cama', 'solteiro|casal|queen|king', 'Ponto Firme|Dona Brisa',
     99, 279, 900, 1900, '{"material": "algodão", "fios": "200"}', 'Percal macio de algodão brasileiro, com elástico em toda a volta.'),
    (21, 'Travesseiro', 'altura', 'baixo|médio|alto', 'Ponto Firme|Sol Poente',
     49, 99, 600, 900, '{"enchimento": "fibra siliconada"}', 'Volta à forma pela manhã; capa de algodão com zíper, lavável.'),
    (21, 'Cobertor', 'cama', 'solteiro|casal|king', 'Sol Poente|Dona Brisa',
     79, 189, 900, 2100, '{"material": "microfibra"}', 'Leve e quente, não solta pelo e seca depressa.'),
    (21, 'Colcha', 'cama', 'solteiro|casal|queen', 'Ponto Firme|Sol Poente',
     129, 269, 1200, 2400, '{"material": "algodão"}', 'Matelassê dos dois lados, para vestir a cama o ano todo.'),
    (22, 'Toalha de banho', 'peças', '1 peça|2 peças|4 peças', 'Ponto Firme|Rio Manso',
     39, 139, 420, 1700, '{"material": "algodão", "gramatura": "450 g/m²"}', 'Felpa alta que absorve bem desde a primeira lavagem.'),
    (22, 'Tapete de banheiro', 'comprimento', '40 cm|60 cm|80 cm', 'Rio Manso|Ponto Firme',
     29, 79, 350, 900, '{"base": "antiderrapante"}', 'Seca rápido e não sai do lugar.'),
    (22, 'Roupão', 'tamanho', 'P|M|G|GG', 'Rio Manso|Ponto Firme|Sol Poente',
     149, 149, 900, 900, '{"material": "algodão"}', 'Atoalhado por dentro e liso por fora, com bolsos fundos.'),
    (22, 'Cesto de roupa', 'capacidade', '40 litros|60 litros', 'Casa Mirim|Ipê Miúdo',
     69, 139, 900, 1600, '{"material": "bambu"}', 'Dobrável, com saco removível que vai direto à máquina.'),
    (23, 'Vela aromática', 'aroma', 'capim-limão|lavanda|flor de laranjeira', 'Luz de Vila|Sítio Alegre',
     29, 39, 210, 240, '{"duração": "30 horas"}', 'Cera vegetal e pavio de algodão, em copo que depois serve de vaso.'),
    (23, 'Almofada', 'medida', '40 x 40 cm|50 x 50 cm', 'Ponto Firme|Dona Brisa|Sol Poente',
     34, 69, 350, 560, '{"material": "linho misto"}', 'Capa com zíper escondido e enchimento que não faz bolinhas.'),
    (23, 'Vaso de cerâmica', 'altura', '12 cm|20 cm|30 cm', 'Pedra Clara|Sítio Alegre',
     34, 129, 500, 2800, '{"material": "cerâmica"}', 'Torneado à mão, com furo e pratinho para não manchar o móvel.'),
    (23, 'Luminária de mesa', 'altura', '35 cm|50 cm', 'Luz de Vila|Graúna Azul',
     89, 179, 900, 1600, '{"lâmpada": "LED"}', 'Luz quente com três intensidades e braço que se dobra.'),
    (31, 'Café em grãos', 'peso', '250 g|500 g|1 kg', 'Serra Mansa|Sítio Alegre',
     29, 94, 260, 1020, '{"torra": "média"}', 'Grãos de altitude com notas de chocolate e laranja, torrados na semana.'),
    (31, 'Café moído', 'peso', '250 g|500 g', 'Serra Mansa|Boa Hora|Sítio Alegre',
     16, 34, 260, 510, '{"torra": "escura"}', 'Moagem média para coador, encorpado e sem amargor.'),
    (31, 'Café em cápsulas', 'unidades', '10 unidades|30 unidades', 'Serra Mansa|Boa Hora',
     19, 54, 110, 320, '{"intensidade": "8"}', 'Cápsulas de alumínio que conservam o aroma e se reciclam.'),
    (32, 'Doce de leite', 'peso', '350 g|700 g', 'Sítio Alegre|Dona Brisa',
     17, 32, 520, 950, '{"conservação": "temperatura ambiente"}', 'Só leite e açúcar, em tacho de cobre, até dar o ponto de colher.'),
    (32, 'Geleia de jabuticaba', 'peso', '180 g|300 g', 'Sítio Alegre|Rio Manso',
     16, 27, 320, 480, '{"glúten": "não contém"}', 'Fruta inteira e pouco açúcar, para pão, queijo e carne de panela.'),
    (32, 'Mel silvestre', 'peso', '300 g|500 g|1 kg', 'Sítio Alegre|Ipê Miúdo',
     22, 64, 420, 1200, '{"florada": "silvestre"}', 'Colhido por pequenos apicultores, sem aquecer e sem misturar.'),
    (32, 'Goiabada cascão', 'peso', '400 g|800 g', 'Dona Brisa|Sítio Alegre',
     15, 27, 420, 830, '{"glúten": "não contém"}', 'Pedaços grandes da fruta, do jeito que pede queijo.'),
    (33, 'Azeite extravirgem', 'volume', '250 ml|500 ml', 'Pedra Clara|Rio Manso',
     34, 64, 480, 900, '{"acidez": "0,2%"}', 'Primeira prensagem a frio, de azeitonas colhidas na serra.'),
    (33, 'Pimenta em conserva', 'volume', '100 ml|250 ml', 'Sítio Alegre|Rio Manso',
     12, 24, 210, 420, '{"ardência": "média"}', 'Pimenta dedo-de-moça em azeite e ervas, que melhora com os dias.'),
    (33, 'Sal temperado', 'peso', '200 g|500 g', 'Mão Cheia|Rio Manso',
     11, 19, 230, 540, '{"glúten": "não contém"}', 'Sal grosso com alho, ervas e páprica para o churrasco de domingo.'),
    (41, 'Caderno pautado', 'folhas', '80 folhas|96 folhas|200 folhas', 'Papel e Prosa|Graúna Azul',
     14, 44, 260, 680, '{"formato": "A5"}', 'Papel creme de boa gramatura, costurado para abrir por inteiro.'),
    (41, 'Caderno de desenho', 'formato', 'A5|A4|A3', 'Papel e Prosa|Luz de Vila',
     19, 59, 240, 900, '{"gramatura": "150 g/m²"}', 'Folhas grossas que aceitam lápis, nanquim e aguada leve.'),
    (41, 'Agenda diária', 'formato', 'bolso|A5', 'Papel e Prosa|Casa Mirim',
     29, 59, 190, 420, '{"encadernação": "capa dura"}', 'Uma página por dia, fitilho e mapa do ano nas guardas.'),
    (42, 'Caneta esferográfica', 'unidades', '4 unidades|12 unidades', 'Papel e Prosa|Graúna Azul',
     9, 24, 40, 110, '{"cor": "azul"}', 'Ponta média que desliza e tinta que não falha.'),
    (42, 'Lápis de cor', 'cores', '12 cores|24 cores|48 cores', 'Papel e Prosa|Graúna Azul',
     16, 69, 120, 460, '{"madeira": "reflorestada"}', 'Mina macia, cores vivas e fáceis de misturar.'),
    (42, 'Caneta-tinteiro', 'pena', 'fina|média', 'Papel e Prosa|Luz de Vila',
     79, 99, 35, 35, '{"material": "latão"}', 'Escrita leve, com conversor e dois cartuchos.'),
    (42, 'Marcador de texto', 'unidades', '3 unidades|6 unidades', 'Graúna Azul|Papel e Prosa',
     12, 22, 50, 100, '{"tom": "pastel"}', 'Tons suaves que não atravessam a página.'),
    (43, 'Caixa organizadora', 'capacidade', '10 litros|20 litros|40 litros', 'Casa Mirim|Rio Manso',
     24, 69, 500, 1600, '{"material": "plástico reciclado"}', 'Empilha, fecha com trava e deixa ver o que guarda.'),
    (43, 'Luminária articulada', 'base', 'garra|mesa', 'Luz de Vila|Graúna Azul',
     89, 119, 1100, 1400, '{"lâmpada": "LED"}', 'Braço longo que fica onde se põe, com luz que não cansa.'),
    (51, 'Furadeira de impacto', 'potência', '550 W|750 W', 'Ferro Bom|Graúna Azul',
     169, 299, 1700, 2300, '{"tensão": "127 V"}', 'Mandril de 13 mm e velocidade variável, para madeira e alvenaria.'),
    (51, 'Jogo de chaves', 'peças', '6 peças|12 peças|24 peças', 'Ferro Bom|Ponto Firme',
     34, 119, 400, 1500, '{"material": "aço cromo-vanádio"}', 'Ponta magnética e cabo que não escapa da mão.'),
    (51, 'Martelo', 'peso', '300 g|500 g', 'Ferro Bom|Ponto Firme',
     34, 59, 380, 620, '{"cabo": "madeira"}', 'Cabeça forjada e unha para arrancar prego sem esforço.'),
    (51, 'Trena', 'comprimento', '3 m|5 m|8 m', 'Ferro Bom|Ponto Firme',
     16, 39, 120, 330, '{"material": "aço"}', 'Fita larga que se sustenta estendida e trava firme.'),
    (51, 'Parafusadeira a bateria', 'tensão', '12 V|18 V', 'Ferro Bom|Graúna Azul',
     219, 429, 1200, 1800, '{"baterias": "2"}', 'Duas baterias, maleta e luz para os cantos escuros.'),
    (52, 'Mangueira de jardim', 'comprimento', '10 m|20 m|30 m', 'Rio Manso|Sol Poente',
     49, 129, 1300, 3900, '{"camadas": "3"}', 'Não torce, não resseca, e vem com esguicho e engates.'),
    (52, 'Tesoura de poda', 'comprimento', '18 cm|21 cm', 'Ferro Bom|Ipê Miúdo',
     39, 74, 230, 310, '{"material": "aço carbono"}', 'Corte limpo em galhos de até dois centímetros.'),
    (52, 'Terra vegetal', 'peso', '2 kg|5 kg|10 kg', 'Ipê Miúdo|Sítio Alegre',
     12, 39, 2050, 10100, '{"uso": "vasos e canteiros"}', 'Adubada e peneirada, pronta para vasos e canteiros.'),
    (52, 'Regador', 'capacidade', '2 litros|5 litros', 'Rio Manso|Ipê Miúdo',
     24, 54, 300, 700, '{"material": "aço galvanizado"}', 'Chuveirinho removível e equilíbrio bom mesmo cheio.'),
    (61, 'Barraca de camping', 'lugares', '2 lugares|3 lugares|4 lugares', 'Trilha Nova|Sol Poente',
     249, 499, 2400, 4800, '{"coluna d''água": "2000 mm"}', 'Monta-se em dez minutos; sobreteto inteiro e avanço para as mochilas.'),
    (61, 'Saco de dormir', 'temperatura', '10 °C|5 °C|0 °C', 'Trilha Nova|Sol Poente',
     119, 269, 950, 1700, '{"formato": "sarcófago"}', 'Leve e compacto, com capuz que se fecha por dentro.'),
    (61, 'Lanterna de cabeça', 'luminosidade', '200 lm|400 lm', 'Trilha Nova|Graúna Azul',
     49, 99, 90, 120, '{"proteção": "IPX4"}', 'Três modos de luz e bateria que se carrega por USB-C.'),
    (61, 'Cantil', 'capacidade', '500 ml|750 ml|1 litro', 'Trilha Nova|Rio Manso',
     39, 79, 180, 320, '{"material": "aço inox"}', 'Boca larga para gelo e mosquetão para prender na mochila.'),
    (62, 'Capacete de ciclismo', 'tamanho', 'P|M|G', 'Trilha Nova|Graúna Azul',
     129, 129, 310, 310, '{"aberturas": "16"}', 'Ajuste por roda dentada e forro removível para lavar.'),
    (62, 'Bomba de ar', 'uso', 'mini|de pé', 'Trilha Nova|Ferro Bom',
     39, 119, 140, 1300, '{"bicos": "Presta e Schrader"}', 'Serve nos dois bicos e mostra a pressão.'),
    (62, 'Farol para bicicleta', 'luminosidade', '300 lm|800 lm', 'Trilha Nova|Graúna Azul',
     69, 149, 110, 190, '{"proteção": "IPX5"}', 'Facho largo que não ofusca quem vem; quatro horas no máximo.'),
    (63, 'Camiseta de algodão', 'tamanho', 'P|M|G|GG', 'Ponto Firme|Trilha Nova|Graúna Azul',
     49, 49, 180, 180, '{"material": "algodão"}', 'Malha penteada que não perde a forma depois de lavada.'),
    (63, 'Jaqueta corta-vento', 'tamanho', 'P|M|G|GG', 'Trilha Nova|Sol Poente',
     189, 189, 320, 320, '{"material": "poliamida"}', 'Dobra-se dentro do próprio bolso e segura a garoa.'),
    (63, 'Meia esportiva', 'tamanho', '35-38|39-43', 'Trilha Nova|Ponto Firme',
     19, 19, 60, 60, '{"pares": "3"}', 'Reforço no calcanhar e na ponta, sem costura que incomode.')
  ) AS list (category, noun, size_name, sizes, brands, low, high, light, heavy, attributes, purpose);

-- A row per product. "bought from" and "to" are when buyers of the demo's year could have it: a
-- few products are new, a few have gone.
CREATE TEMP TABLE demo_products ON COMMIT DROP AS
SELECT n, category, noun, brand, size_name, size, size_name = 'tamanho' AS by_size, attributes, purpose,
       noun || CASE WHEN size_name = 'tamanho' THEN ' ' ELSE ' ' || size || ' ' END || brand AS name,
       pg_temp.uuid7_at(made_at, 'product ' || n) AS id, made_at,
       round((low + (high - low) * step) * dearness)::bigint * 100
           + CASE WHEN n % 3 = 0 THEN 99 ELSE 90 END AS price,
       -- Groceries leave little, what a small workshop makes more; a few suppliers' bills are lost.
       CASE WHEN n % 29 <> 11
            THEN round((low + (high - low) * step) * dearness
                       * (CASE WHEN category BETWEEN 30 AND 39 THEN 68 WHEN category IN (15, 51) THEN 63
                               WHEN category = 23 THEN 44 ELSE 54 END + n % 7))::bigint END AS cost,
       (round((light + (heavy - light) * step) / 10) * 10)::int AS weight_g,
       CASE WHEN n % 11 <> 5 THEN '789' || code || lpad(n::text, 5, '0') END AS gtin_start,
       CASE WHEN n % 53 = 7 THEN 'draft' WHEN n % 41 = 9 THEN 'archived' ELSE 'active' END AS status,
       CASE WHEN n % 53 = 7 THEN '-infinity'::timestamptz
            WHEN n % 41 = 9 THEN now() - interval '150 days'
            ELSE 'infinity' END AS sold_until
  FROM (SELECT row_number() OVER (ORDER BY l.line, b.n, s.n) AS n, l.*, brand.name AS brand,
               s.size, brand.code, brand.dearness,
               CASE WHEN cardinality(string_to_array(sizes, '|')) = 1 THEN 0
                    ELSE (s.n - 1)::numeric / (cardinality(string_to_array(sizes, '|')) - 1) END AS step
          FROM demo_lines l
         CROSS JOIN unnest(string_to_array(l.brands, '|')) WITH ORDINALITY AS b (name, n)
          JOIN demo_brands brand ON brand.name = b.name
         CROSS JOIN unnest(string_to_array(l.sizes, '|')) WITH ORDINALITY AS s (size, n)
         -- Of the second and third brand not every size is kept; a "tamanho" is one product.
         WHERE CASE WHEN size_name = 'tamanho' THEN s.n = 1
                    ELSE b.n = 1 OR (l.line + s.n) % 3 > 0 END) AS wanted
 CROSS JOIN LATERAL (
       SELECT date_trunc('day', now()) + interval '9 hours' + n * interval '97 seconds'
              - make_interval(days => CASE WHEN n % 17 = 3 THEN (20 + 1.1 * n)::int
                                           ELSE 380 + (n * 7 % 140)::int END) AS made_at) AS made;

CREATE FUNCTION pg_temp.gtin13(start text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT start || (10 - sum(substr(start, i, 1)::int * CASE WHEN i % 2 = 0 THEN 3 ELSE 1 END) % 10) % 10
      FROM generate_series(1, 12) AS i
$$;
COMMENT ON FUNCTION pg_temp.gtin13(text) IS 'Twelve digits with the check digit of GTIN-13.';

INSERT INTO products.products (id, slug, type, options, status, name, description, brand, price,
                               cost, currency, weight_g, attributes, created_at, updated_at)
SELECT id, shared.slug(name), CASE WHEN by_size THEN 'variations' ELSE 'simple' END,
       CASE WHEN by_size THEN ARRAY['tamanho'] ELSE '{}' END, status, name,
       purpose || E'\n\n' || (
           SELECT string_agg(format('- **%s:** %s', upper(left(what, 1)) || substr(what, 2), value), E'\n' ORDER BY n)
             FROM (SELECT 0 AS n, 'marca' AS what, brand AS value
                    UNION ALL SELECT 1, size_name, CASE WHEN by_size THEN 'do menor ao maior' ELSE size END
                    UNION ALL SELECT 1 + rank, key, held.value
                      FROM jsonb_each_text(attributes::jsonb) WITH ORDINALITY AS held (key, value, rank)) AS details),
       brand, price, cost, 'BRL', weight_g,
       attributes::jsonb || CASE WHEN by_size THEN '{}' ELSE jsonb_build_object(size_name, size) END,
       made_at, made_at
  FROM demo_products;

-- Promotions: over, running and to come.
UPDATE products.products p
   SET promotional_price = (p.price * (100 - 5 * (2 + d.n % 5)) / 10000) * 100 + 90,
       promotion_starts_at = date_trunc('day', now()) + make_interval(days => promotion.starts),
       promotion_ends_at = date_trunc('day', now()) + make_interval(days => promotion.starts + 21)
  FROM demo_products d
 CROSS JOIN LATERAL (SELECT CASE (d.n / 9) % 4 WHEN 0 THEN 10 WHEN 1 THEN -80 ELSE -9 END AS starts) AS promotion
 WHERE d.id = p.id AND d.n % 9 = 4 AND p.price > 2000;

INSERT INTO products.product_categories
SELECT p.id, c.id FROM demo_products p JOIN demo_categories c ON c.n = p.category;

CREATE TEMP TABLE demo_variants ON COMMIT DROP AS
SELECT pg_temp.uuid7_at(p.made_at, 'variant ' || p.n || ' ' || s.n) AS id, p.id AS product_id, p.n AS product_n,
       upper(left(shared.slug(noun), 3)) || '-' || lpad(p.n::text, 4, '0')
           || CASE WHEN by_size THEN '-' || s.size ELSE '' END AS sku,
       CASE WHEN by_size THEN jsonb_build_object('tamanho', s.size) ELSE '{}' END AS options,
       s.n AS position
  FROM demo_products p JOIN demo_lines l USING (noun)
 CROSS JOIN unnest(CASE WHEN by_size THEN string_to_array(l.sizes, '|') ELSE ARRAY[p.size] END)
            WITH ORDINALITY AS s (size, n);

-- Of a thing in several sizes each size would have a number of its own; here they have none.
INSERT INTO products.variants (id, product_id, sku, gtin, options, position)
SELECT v.id, v.product_id, v.sku, CASE WHEN NOT p.by_size THEN pg_temp.gtin13(p.gtin_start) END,
       v.options, v.position
  FROM demo_variants v JOIN demo_products p ON p.id = v.product_id;
