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
enum { COUNT = sizeof RANGES / sizeof *RANGES };

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

bool state_valid(const char *state)
{
    /* Each state has a range. */
    for (int i = 0; i < COUNT; i++)
        if (!strcmp(RANGES[i].state, state))
            return true;
    return false;
}
