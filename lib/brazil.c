#include "brazil.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The last code of each range, by its first five digits; ranges follow each other. */
static const struct {
    int last;
    const char state[3];
} RANGES[] = {
    {19999, "SP"}, {28999, "RJ"}, {29999, "ES"}, {39999, "MG"}, {48999, "BA"}, {49999, "SE"},
    {56999, "PE"}, {57999, "AL"}, {58999, "PB"}, {59999, "RN"}, {63999, "CE"}, {64999, "PI"},
    {65999, "MA"}, {68899, "PA"}, {68999, "AP"}, {69299, "AM"}, {69399, "RR"}, {69899, "AM"},
    {69999, "AC"}, {72799, "DF"}, {72999, "GO"}, {73699, "DF"}, {76799, "GO"}, {76999, "RO"},
    {77999, "TO"}, {78899, "MT"}, {78999, "RO"}, {79999, "MS"}, {87999, "PR"}, {89999, "SC"},
    {99999, "RS"},
};

const char *postal_code_state(const char *postal_code)
{
    if (strlen(postal_code) != 8)
        return NULL;
    int code = atoi(postal_code) / 1000;
    if (code < 1000)
        return NULL;
    size_t i = 0;
    while (code > RANGES[i].last)
        i++;
    return RANGES[i].state;
}

static const struct {
    const char state[3], *name;
} NAMES[] = {
    {"AC", "Acre"},
    {"AL", "Alagoas"},
    {"AM", "Amazonas"},
    {"AP", "Amapá"},
    {"BA", "Bahia"},
    {"CE", "Ceará"},
    {"DF", "Distrito Federal"},
    {"ES", "Espírito Santo"},
    {"GO", "Goiás"},
    {"MA", "Maranhão"},
    {"MG", "Minas Gerais"},
    {"MS", "Mato Grosso do Sul"},
    {"MT", "Mato Grosso"},
    {"PA", "Pará"},
    {"PB", "Paraíba"},
    {"PE", "Pernambuco"},
    {"PI", "Piauí"},
    {"PR", "Paraná"},
    {"RJ", "Rio de Janeiro"},
    {"RN", "Rio Grande do Norte"},
    {"RO", "Rondônia"},
    {"RR", "Roraima"},
    {"RS", "Rio Grande do Sul"},
    {"SC", "Santa Catarina"},
    {"SE", "Sergipe"},
    {"SP", "São Paulo"},
    {"TO", "Tocantins"},
};

const char *state_name(const char *state)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (!strcmp(NAMES[i].state, state))
            return NAMES[i].name;
    return NULL;
}

bool state_valid(const char *state)
{
    return state_name(state) != NULL;
}
