#include "sales/signature.h"

bool signature_may_pass_later(enum signature_result result)
{
    return result == SIGNATURE_NOT_SET_UP || result == CERTIFICATE_UNAVAILABLE;
}

const char *signature_word(enum signature_result result)
{
    static const char *const WORDS[SIGNATURE_RESULTS] = {
        [SIGNATURE_VALID] = "valid",
        [SIGNATURE_NOT_SET_UP] = "signature_not_set_up",
        [SIGNATURE_NO_HEADER] = "signature_no_header",
        [SIGNATURE_MALFORMED] = "signature_malformed",
        [SIGNATURE_OTHER_SCHEME] = "signature_other_scheme",
        [SIGNATURE_TOO_OLD] = "signature_too_old",
        [SIGNATURE_IN_FUTURE] = "signature_in_future",
        [SIGNATURE_MISMATCH] = "signature_mismatch",
        [CERTIFICATE_ELSEWHERE] = "certificate_elsewhere",
        [CERTIFICATE_MISSING] = "certificate_missing",
        [CERTIFICATE_MALFORMED] = "certificate_malformed",
        [CERTIFICATE_UNTRUSTED] = "certificate_untrusted",
        [CERTIFICATE_NOT_CURRENT] = "certificate_not_current",
        [CERTIFICATE_OTHER_NAME] = "certificate_other_name",
        [CERTIFICATE_UNAVAILABLE] = "certificate_unavailable",
    };
    return WORDS[result];
}
