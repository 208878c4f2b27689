#include "messages.h"

#include <string.h>

struct entry {
    const char *code, *text[2]; /* by enum lang */
};

static const struct entry TABLE[] = {
    /* Requests */
    {"validation_failed", {"Alguns campos não são válidos.", "Some fields are not valid."}},
    {"invalid_json", {"O corpo não é JSON válido.", "The body is not valid JSON."}},
    {"body_not_object",
     {"O corpo deve ser um objeto JSON.", "The body must be a JSON object."}},
    {"body_required", {"Falta o corpo da requisição.", "The request body is missing."}},
    {"body_too_large", {"O corpo é grande demais.", "The body is too large."}},
    {"unsupported_media_type",
     {"Envie o corpo como application/json.", "Send the body as application/json."}},
    {"not_found", {"Não encontrado.", "Not found."}},
    {"method_not_allowed",
     {"Este método não é permitido aqui.", "This method is not allowed here."}},
    {"unauthorized", {"Entre na sua conta para continuar.", "Sign in to go on."}},
    {"invalid_token",
     {"O token de acesso não é válido ou expirou.",
      "The access token is not valid or has expired."}},
    {"invalid_credentials",
     {"E-mail ou senha incorretos.", "The e-mail or the password is wrong."}},
    {"too_many_attempts",
     {"Tentativas demais; espere um pouco.", "Too many attempts; wait a while."}},
    {"second_factor_required",
     {"Informe também o código do seu aplicativo autenticador.",
      "Give the code of your authenticator app, too."}},
    {"invalid_code",
     {"O código está errado ou já foi usado.", "The code is wrong or was used already."}},
    {"second_factor_enabled",
     {"A verificação em duas etapas já está ativa.", "The second factor is enabled already."}},
    {"second_factor_not_begun",
     {"A verificação em duas etapas não foi iniciada.", "The second factor was not begun."}},
    {"erasure_refused",
     {"Esta conta ainda não pode ser excluída; veja os motivos.",
      "This account can't be erased yet; see the reasons."}},
    {"document_differs",
     {"Não é o documento deste usuário.", "This is not the user's document."}},
    {"invalid_letter_token",
     {"Este link não vale mais; peça outro.",
      "This link is of no use any more; ask for another."}},
    {"wrong_password", {"A senha está errada.", "The password is wrong."}},
    {"invalid_refresh_token",
     {"O token de renovação não é válido; entre de novo.",
      "The refresh token is not valid; sign in again."}},
    {"forbidden", {"Você não tem permissão para isto.", "You are not allowed to do this."}},
    {"database_unavailable",
     {"O serviço está indisponível por um momento; tente de novo.",
      "The service is unavailable for a moment; try again."}},
    {"busy",
     {"O serviço está ocupado; tente de novo em instantes.",
      "The service is busy; try again shortly."}},
    {"too_many_requests",
     {"Requisições demais; tente de novo em instantes.",
      "Too many requests; try again shortly."}},
    {"internal_error", {"Algo deu errado do nosso lado.", "Something went wrong on our side."}},
    {"lost_update",
     {"Alguém mudou isto nesse meio tempo; leia de novo antes de alterar.",
      "Somebody changed this meanwhile; read it again before you change it."}},
    {"idempotency_key_required",
     {"Falta o cabeçalho Idempotency-Key.", "The Idempotency-Key header is missing."}},
    {"idempotency_key_invalid",
     {"Idempotency-Key deve ter de 1 a 255 caracteres visíveis.",
      "Idempotency-Key must have 1 to 255 visible characters."}},
    {"idempotency_key_reused",
     {"Esta Idempotency-Key já foi usada com outra requisição.",
      "This Idempotency-Key was used with another request."}},
    {"idempotency_key_in_use",
     {"A primeira requisição com esta Idempotency-Key ainda está em andamento.",
      "The first request with this Idempotency-Key is still running."}},

    /* Fields */
    {"unknown_field", {"Este campo não existe.", "There is no such field."}},
    {"unknown_parameter", {"Este parâmetro não existe.", "There is no such parameter."}},
    {"required", {"Campo obrigatório.", "This field is required."}},
    {"not_null", {"Não pode ser nulo.", "Must not be null."}},
    {"not_text", {"Deve ser um texto.", "Must be a text."}},
    {"not_integer", {"Deve ser um número inteiro.", "Must be a whole number."}},
    {"not_boolean", {"Deve ser true ou false.", "Must be true or false."}},
    {"not_json", {"Não é JSON válido.", "Is not valid JSON."}},
    {"not_object", {"Deve ser um objeto.", "Must be an object."}},
    {"not_list", {"Deve ser uma lista.", "Must be a list."}},
    {"too_small", {"Deve ser no mínimo {}.", "Must be at least {}."}},
    {"too_large", {"Deve ser no máximo {}.", "Must be at most {}."}},
    {"too_short", {"Deve ter no mínimo {} caracteres.", "Must have at least {} characters."}},
    {"too_long", {"Deve ter no máximo {} caracteres.", "Must have at most {} characters."}},
    {"too_few", {"Deve ter no mínimo {} itens.", "Must have at least {} items."}},
    {"too_many", {"Deve ter no máximo {} itens.", "Must have at most {} items."}},
    {"control_character",
     {"Não pode conter caracteres de controle.", "Must not hold control characters."}},
    {"not_choice", {"Deve ser um destes: {}.", "Must be one of these: {}."}},
    {"not_uuid", {"Deve ser um UUID.", "Must be a UUID."}},
    {"not_email", {"Não é um e-mail válido.", "Not a valid e-mail address."}},
    {"not_url", {"Não é um endereço http(s) válido.", "Not a valid http(s) address."}},
    {"not_time",
     {"Deve ser data e hora RFC 3339, como 2026-01-31T12:00:00Z.",
      "Must be an RFC 3339 time such as 2026-01-31T12:00:00Z."}},
    {"not_date", {"Deve ser uma data AAAA-MM-DD.", "Must be a date YYYY-MM-DD."}},
    {"not_gtin",
     {"Não é um GTIN válido (8, 12, 13 ou 14 dígitos com dígito verificador).",
      "Not a valid GTIN (8, 12, 13 or 14 digits with a check digit)."}},
    {"not_sku",
     {"Deve ter até 64 letras, dígitos e . _ / -, começando por letra ou dígito.",
      "Must be up to 64 letters, digits and . _ / -, the first a letter or digit."}},
    {"not_slug",
     {"Deve ter só letras minúsculas sem acento, dígitos e hifens entre eles.",
      "Must be small letters, digits and hyphens between them."}},
    {"not_ncm", {"NCM deve ter oito dígitos.", "An NCM code has eight digits."}},
    {"forbidden_character", {"Não pode conter {}.", "Must not hold {}."}},
    {"letter_missing", {"Deve ter ao menos uma letra.", "Must hold a letter."}},
    {"too_early", {"Não pode ser antes de {}.", "Must not be before {}."}},
    {"in_future", {"Não pode estar no futuro.", "Must not be in the future."}},
    {"not_document",
     {"Não é um CPF (11 dígitos) nem um CNPJ (14 caracteres).",
      "Neither a CPF (11 digits) nor a CNPJ (14 characters)."}},
    {"document_check_digits",
     {"Os dígitos verificadores do CPF ou CNPJ não conferem.",
      "The check digits of the CPF or CNPJ are wrong."}},
    {"not_phone",
     {"Não é um telefone com DDD, como (11) 98765-4321, nem internacional, como +351 912 345 "
      "678.",
      "Neither a Brazilian telephone number such as (11) 98765-4321 nor an international one "
      "such as +351 912 345 678."}},
    {"unknown_area_code",
     {"Este código de área (DDD) não existe.", "There is no such area code (DDD)."}},
    {"not_state", {"Não é a sigla de um estado (UF).", "Not the code of a Brazilian state."}},
    {"not_postal_code",
     {"O CEP deve ter oito dígitos.", "The postal code (CEP) must have eight digits."}},
    {"postal_code_state",
     {"Este CEP é de {}, não do estado informado.",
      "This postal code is of {}, not of the state given."}},
    {"not_both",
     {"Informe {} ou este campo, não os dois.", "Give {} or this field, not both."}},
    {"not_currency",
     {"Deve ser um código ISO 4217 como BRL.", "Must be an ISO 4217 code such as BRL."}},
    {"other_currency", {"A moeda desta loja é {}.", "The currency of this shop is {}."}},
    {"not_cursor", {"Este cursor não é desta lista.", "This cursor is not of this list."}},
    {"already_exists", {"Já existe.", "Already exists."}},
    {"out_of_range", {"Fora do intervalo permitido.", "Out of the allowed range."}},
    {"period_reversed",
     {"O fim deve vir depois do início.", "The end must come after the start."}},
    {"period_too_long",
     {"O período deve ter no máximo {} dias.", "The period must have at most {} days."}},

    /* Registry */
    {"unknown_role", {"Este papel não existe.", "There is no such role."}},
    {"unknown_permission", {"Esta permissão não existe.", "There is no such permission."}},
    {"not_role_name",
     {"O nome de um papel tem de 2 a 40 letras minúsculas, dígitos, hífens ou sublinhados e "
      "começa por uma letra.",
      "A role's name has 2 to 40 lower-case letters, digits, hyphens or underscores and begins "
      "with a letter."}},
    {"grants_more",
     {"Isto mexeria em permissões que você mesmo não tem.",
      "This would touch permissions that you do not have yourself."}},
    {"admin_has_all",
     {"O papel admin tem sempre todas as permissões.",
      "The role admin always has every permission."}},
    {"role_built_in",
     {"Este papel faz parte do sistema e não pode ser removido.",
      "This role is part of the system and can't be removed."}},
    {"role_in_use",
     {"Há usuários com este papel; dê-lhes outro antes.",
      "Users have this role; give them another one first."}},
    {"account_disabled",
     {"Esta conta de serviço foi desativada.", "This service account is disabled."}},
    {"invalid_client",
     {"A conta de serviço ou o seu segredo não confere.",
      "The service account or its secret is wrong."}},
    {"invalid_scope",
     {"O escopo só pode conter permissões da conta: {}.",
      "The scope can hold only permissions of the account: {}."}},
    {"last_admin",
     {"É o último administrador; nomeie outro antes.",
      "This is the last admin; appoint another one first."}},
    {"password_holds_identity",
     {"A senha não pode conter o seu nome ou e-mail.",
      "The password must not hold your name or e-mail."}},
    {"password_common",
     {"Muita gente usa esta senha; escolha outra, como uma frase curta.",
      "Many people use this password; choose another one, such as a short sentence."}},
    {"read_only",
     {"Este campo não pode ser alterado aqui.", "This field can't be changed here."}},

    {"too_many_addresses",
     {"Há endereços demais; apague um antes de incluir outro.",
      "There are too many addresses; remove one before you add another."}},
    {"default_needed",
     {"Um endereço é sempre o padrão: para trocar, marque outro.",
      "One address is always the default: to change it, choose another."}},
    {"unknown_address",
     {"Este endereço não está entre os seus.", "This address is not among yours."}},

    /* Products */
    {"unknown_category", {"Esta categoria não existe.", "There is no such category."}},

    /* Catalog */
    {"not_pattern", {"Não é uma expressão regular válida.", "Not a valid regular expression."}},

    /* Sales */
    {"not_for_type",
     {"Produtos deste tipo não têm este campo.", "Products of this type have no such field."}},
    {"immutable", {"Não pode ser alterado.", "Can't be changed."}},
    {"wrong_options",
     {"Deve ter um valor para cada opção do produto e nada mais.",
      "Must hold a value for each option of the product and nothing else."}},
    {"not_a_part",
     {"Um kit só pode conter variantes com estoque próprio.",
      "A bundle is made of variants that keep stock of their own."}},
    {"sku_sold",
     {"Este SKU já está em pedidos e não pode mudar.",
      "This SKU stands in orders and can't change."}},
    {"product_in_use",
     {"Há pedidos, estoque ou kits que precisam disto; arquive em vez de excluir.",
      "Orders, stock or bundles still need this; archive it instead."}},
    {"last_variant",
     {"Um produto tem ao menos uma variante; exclua ou arquive o produto.",
      "A product has at least one variant; delete or archive the product."}},
    {"proposal_decided",
     {"Esta proposta já foi decidida.", "This proposal has been decided already."}},
    {"no_variations",
     {"Este produto não é do tipo com variações.", "This product is not one with variations."}},
    {"too_many_variants",
     {"Um produto tem no máximo 500 variantes.", "A product has at most 500 variants."}},
    {"no_own_stock",
     {"Kits e produtos digitais não têm estoque próprio.",
      "Bundles and digital products have no stock of their own."}},
    {"unknown_variant", {"Este produto não está à venda.", "This product is not for sale."}},
    {"insufficient_stock", {"Não há estoque suficiente.", "There is not enough stock."}},
    {"no_freight",
     {"Não entregamos neste endereço por este serviço.",
      "We don't deliver to this address by this service."}},
    {"illegal_transition",
     {"O pedido não pode mudar para esta situação.", "The order can't change to this status."}},
    {"order_not_payable",
     {"Este pedido não aguarda pagamento.", "This order does not wait for a payment."}},
    {"payment_exists",
     {"Já há um pagamento em andamento para este pedido.",
      "A payment for this order is under way already."}},
    {"payment_not_open",
     {"Este pagamento já foi concluído.", "This payment is closed already."}},
    {"unknown_gateway",
     {"Esta forma de pagamento não existe.", "There is no such way to pay."}},
    {"manual_instructions",
     {"Transfira o valor e informe o número do pedido na descrição.",
      "Transfer the amount and give the order number as the reference."}},
    {"unknown_chart", {"Este gráfico não existe.", "There is no such chart."}},
    {"confirmation_not_manual",
     {"Só pagamentos manuais são confirmados por uma pessoa.",
      "Only manual payments are confirmed by a person."}},

    /* Letters */
    {"letter_greeting", {"Olá!", "Hello!"}},
    {"letter_valid_hours",
     {"O link vale por {} horas e funciona uma única vez.",
      "The link is valid for {} hours and works once."}},
    {"letter_valid_minutes",
     {"O link vale por {} minutos e funciona uma única vez.",
      "The link is valid for {} minutes and works once."}},
    {"letter_forgotten",
     {"Se você esqueceu a senha, peça uma nova aqui:",
      "If you have forgotten it, ask for a new one here:"}},
    {"letter_confirm_email_subject", {"{}: confirme o seu e-mail", "{}: confirm your e-mail"}},
    {"letter_confirm_email",
     {"Que bom ter você aqui! Falta um passo para a sua conta: confirmar que este e-mail é "
      "seu. Abra este link e informe a senha que você escolheu:",
      "Good to have you here! One step is left for your account: to confirm that this e-mail "
      "is yours. Open this link and give the password that you chose:"}},
    {"letter_confirm_email_not_you",
     {"Se não foi você que se cadastrou, não precisa fazer nada: sem a confirmação, ninguém "
      "usa a conta.",
      "If it was not you who registered, there is nothing to do: without the confirmation "
      "nobody can use the account."}},
    {"letter_account_exists_subject",
     {"{}: você já tem uma conta", "{}: you already have an account"}},
    {"letter_account_exists",
     {"Alguém, talvez você, quis criar uma conta com este e-mail. Você já tem uma, e nela nada "
      "mudou: entre com a senha de sempre.",
      "Somebody, perhaps you, wanted to make an account with this e-mail. You already have "
      "one, and nothing in it has changed: sign in with your password."}},
    {"letter_account_exists_not_you",
     {"Se não foi você, não precisa fazer nada: quem tentou não ficou sabendo que a conta "
      "existe.",
      "If it was not you, there is nothing to do: whoever tried was not told that the account "
      "exists."}},
    {"letter_reset_password_subject",
     {"{}: escolha uma nova senha", "{}: choose a new password"}},
    {"letter_reset_password",
     {"Você pediu uma nova senha. Para escolhê-la, abra este link:",
      "You asked for a new password. To choose it, open this link:"}},
    {"letter_reset_password_not_you",
     {"Se não foi você que pediu, não precisa fazer nada: a sua senha continua a mesma.",
      "If it was not you who asked, there is nothing to do: your password stays as it is."}},
    {"letter_confirm_new_email_subject",
     {"{}: confirme o seu novo e-mail", "{}: confirm your new e-mail"}},
    {"letter_confirm_new_email",
     {"Este vai ser o novo e-mail da sua conta. Para confirmar que ele é seu, abra este link:",
      "This is to be the new e-mail of your account. To confirm that it is yours, open this "
      "link:"}},
    {"letter_confirm_new_email_not_you",
     {"Se não foi você que pediu, não precisa fazer nada: sem a confirmação, nada muda.",
      "If it was not you who asked, there is nothing to do: without the confirmation nothing "
      "changes."}},
    {"letter_email_changing_subject",
     {"{}: o e-mail da sua conta vai mudar", "{}: the e-mail of your account is to change"}},
    {"letter_email_changing",
     {"Foi pedida a troca do e-mail da sua conta por outro. Ela vale assim que o novo e-mail "
      "for confirmado; depois disso, não escreveremos mais para este endereço.",
      "It was asked to put another e-mail in the place of this one in your account. That "
      "happens as soon as the new one is confirmed; from then on we do not write to this "
      "address any more."}},
    {"letter_email_changing_not_you",
     {"Se não foi você que pediu, alguém está usando a sua conta. Escolha já uma nova senha, "
      "o que encerra todos os acessos:",
      "If it was not you who asked, somebody is using your account. Choose a new password now, "
      "which ends every session:"}},
    {"letter_password_changed_subject",
     {"{}: a sua senha mudou", "{}: your password has changed"}},
    {"letter_password_changed",
     {"A senha da sua conta foi trocada agora há pouco. Se foi você, está tudo certo.",
      "The password of your account was changed a moment ago. If it was you, all is well."}},
    {"letter_password_changed_not_you",
     {"Se não foi você, peça já uma nova senha, o que encerra todos os acessos:",
      "If it was not you, ask for a new password now, which ends every session:"}},
    {"letter_second_factor_added_subject",
     {"{}: verificação em duas etapas ativada", "{}: second factor enabled"}},
    {"letter_second_factor_added",
     {"Para entrar na sua conta, agora é preciso também um código do aplicativo autenticador. "
      "Se "
      "foi você que ativou isso, está tudo certo.",
      "To sign in to your account, a code of an authenticator app is needed as well from now "
      "on. "
      "If it was you who enabled this, all is well."}},
    {"letter_second_factor_removed_subject",
     {"{}: verificação em duas etapas desativada", "{}: second factor disabled"}},
    {"letter_second_factor_removed",
     {"Para entrar na sua conta, agora basta a senha. Se foi você que desativou a verificação "
      "em "
      "duas etapas, ou pediu que a desativássemos, está tudo certo.",
      "To sign in to your account, the password is enough from now on. If it was you who "
      "disabled "
      "the second factor, or asked us to, all is well."}},
    {"letter_account_deleted_subject",
     {"{}: a sua conta foi excluída", "{}: your account was deleted"}},
    {"letter_account_deleted",
     {"A sua conta foi excluída, como você pediu, e os seus dados pessoais foram apagados. Só "
      "guardamos dos seus pedidos o que a lei fiscal exige. Obrigado por ter comprado aqui; "
      "você é sempre bem-vindo de volta.",
      "Your account was deleted, as you asked, and your personal data was erased. Of your "
      "orders we keep only what tax law demands. Thank you for having been here; you are "
      "always welcome back."}},
    {"letter_account_deleted_not_you",
     {"Se não foi você que pediu, responda a esta mensagem.",
      "If it was not you who asked, answer this message."}},

    /* Reports and charts */
    {"sales_by_day", {"Vendas por dia", "Sales by day"}},
    {"sales_by_week", {"Vendas por semana", "Sales by week"}},
    {"sales_by_month", {"Vendas por mês", "Sales by month"}},
    {"no_sales", {"Sem vendas neste período", "No sales in this period"}},
    {"report_title", {"Relatório de vendas", "Sales report"}},
    {"report_made", {"Atualizado em {}", "Made at {}"}},
    {"report_compared", {"ante os {} dias anteriores", "against the {} days before"}},
    {"report_new", {"sem base de comparação", "nothing to compare with"}},
    {"report_empty", {"Nada vendido ainda.", "Nothing sold yet."}},
    {"best_products", {"Produtos mais vendidos", "Best-selling products"}},
    {"best_states", {"Vendas por estado", "Sales by state"}},
    {"kpi_total", {"Vendas", "Sales"}},
    {"kpi_orders", {"Pedidos pagos", "Paid orders"}},
    {"kpi_average_order", {"Ticket médio", "Average order"}},
    {"kpi_units", {"Unidades vendidas", "Units sold"}},
    {"kpi_customers", {"Clientes", "Customers"}},
    {"kpi_canceled", {"Pedidos perdidos", "Lost orders"}},
    {"kpi_canceled_hint",
     {"cancelados ou não pagos, de {} feitos", "canceled or unpaid, of {} placed"}},
    {"column_product", {"Produto", "Product"}},
    {"column_state", {"Estado", "State"}},
    {"column_units", {"Unidades", "Units"}},
    {"column_orders", {"Pedidos", "Orders"}},
    {"column_revenue", {"Receita", "Revenue"}},
    {"column_total", {"Vendas", "Sales"}},
    {"orders_counted", {"{} pedidos", "{} orders"}},
};

static const struct {
    int status;
    const char *text[2];
} STATUS[] = {
    {400, {"Requisição inválida", "Bad request"}},
    {401, {"Não autenticado", "Unauthorized"}},
    {403, {"Proibido", "Forbidden"}},
    {404, {"Não encontrado", "Not found"}},
    {405, {"Método não permitido", "Method not allowed"}},
    {409, {"Conflito", "Conflict"}},
    {412, {"Pré-condição falhou", "Precondition failed"}},
    {413, {"Conteúdo grande demais", "Content too large"}},
    {415, {"Formato não suportado", "Unsupported media type"}},
    {422, {"Conteúdo não processável", "Unprocessable content"}},
    {429, {"Requisições demais", "Too many requests"}},
    {500, {"Erro interno", "Internal server error"}},
    {503, {"Serviço indisponível", "Service unavailable"}},
};

static const char *const UNKNOWN[2] = {"Valor inválido.", "Not a valid value."};

static const char *text_of(const char *code, enum lang lang)
{
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        if (!strcmp(TABLE[i].code, code))
            return TABLE[i].text[lang];
    return UNKNOWN[lang];
}

const char *message_with(struct arena *a, const char *code, enum lang lang,
                         const char *argument)
{
    const char *text = text_of(code, lang), *gap = strstr(text, "{}");
    if (!gap)
        return text;
    return arena_printf(a, "%.*s%s%s", (int)(gap - text), text, argument ? argument : "?",
                        gap + 2);
}

const char *message_of_status(int status, enum lang lang)
{
    for (size_t i = 0; i < sizeof STATUS / sizeof *STATUS; i++)
        if (STATUS[i].status == status)
            return STATUS[i].text[lang];
    return "";
}
