/*
 * empty: a FastCGI program that only answers, always the same; what one over libfcgi behind
 * this nginx can reach at most, and so what "./vendas bench" holds the others against.
 */
#include <fcgiapp.h>
#include <stdio.h>

static const char ANSWER[] = "Status: 200 OK\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 15\r\n"
                             "\r\n"
                             "{\"empty\": true}";

int main(void)
{
    FCGX_Request request;
    if (FCGX_Init() || FCGX_InitRequest(&request, 0, 0))
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_PutStr(ANSWER, sizeof ANSWER - 1, request.out);
        if (FCGX_GetChar(request.in) == EOF) /* closes as lib/serve.c does, and for its reason */
            FCGX_Detach(&request);
        FCGX_Finish_r(&request);
    }
    return 0;
}
