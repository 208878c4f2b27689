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
    {"last_admin",
     {"É o último administrador; nomeie outro antes.",
      "This is the last admin; appoint another one first."}},
    {"password_holds_identity",
     {"A senha não pode ser o seu nome ou e-mail.",
      "The password must not be your name or e-mail."}},
    {"read_only",
     {"Este campo não pode ser alterado aqui.", "This field can't be changed here."}},

    /* Products */
    {"unknown_category", {"Esta categoria não existe.", "There is no such category."}},

    /* Catalog */
    {"not_pattern", {"Não é uma expressão regular válida.", "Not a valid regular expression."}},

    /* Sales */
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
