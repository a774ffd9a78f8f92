/* SPDX-License-Identifier: Apache-2.0 */
/* ICU's objects are made once, are immutable after that, and are shared by all threads. */
#include "text/idna.h"

#include <pthread.h>
#include <unicode/uidna.h>
#include <unicode/uspoof.h>

enum { HOST_MAX = 253 }; /* RFC 1035, 2.3.4 less the root's dot and length */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static UIDNA *idna;
static USpoofChecker *checker;

static void open_icu(void)
{
    UErrorCode status = U_ZERO_ERROR;
    idna = uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                               UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
                           &status);
    if (U_FAILURE(status))
        idna = NULL;
    status = U_ZERO_ERROR;
    checker = uspoof_open(&status);
    if (U_SUCCESS(status)) {
        uspoof_setRestrictionLevel(checker, USPOOF_MODERATELY_RESTRICTIVE);
        uspoof_setChecks(checker, USPOOF_RESTRICTION_LEVEL, &status);
    }
    if (U_FAILURE(status))
        checker = NULL;
}

static size_t result(int32_t len, UErrorCode status)
{
    return U_FAILURE(status) || len <= 0 || len >= DOMAIN_TEXT_MAX ? 0 : (size_t)len;
}

size_t idna_to_ascii(str text, char out[DOMAIN_TEXT_MAX])
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    pthread_once(&once, open_icu);
    if (!idna || text.len == 0 || text.len >= DOMAIN_TEXT_MAX)
        return 0;
    int32_t len = uidna_nameToASCII_UTF8(idna, text.ptr, (int32_t)text.len, out, DOMAIN_TEXT_MAX,
                                         &info, &status);
    size_t length = info.errors ? 0 : result(len, status);
    if (length && out[length - 1] == '.')
        length--;
    return length <= HOST_MAX ? length : 0;
}

size_t idna_to_unicode(str ascii, char out[DOMAIN_TEXT_MAX])
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    pthread_once(&once, open_icu);
    if (!idna || ascii.len >= DOMAIN_TEXT_MAX)
        return 0;
    int32_t len = uidna_nameToUnicodeUTF8(idna, ascii.ptr, (int32_t)ascii.len, out, DOMAIN_TEXT_MAX,
                                          &info, &status);
    return info.errors ? 0 : result(len, status);
}

size_t idna_skeleton(str text, char out[DOMAIN_TEXT_MAX])
{
    UErrorCode status = U_ZERO_ERROR;
    pthread_once(&once, open_icu);
    if (!checker || text.len == 0 || text.len >= DOMAIN_TEXT_MAX)
        return 0;
    int32_t len = uspoof_getSkeletonUTF8(checker, 0, text.ptr, (int32_t)text.len, out,
                                         DOMAIN_TEXT_MAX, &status);
    return result(len, status);
}

bool idna_mixes_scripts(str text)
{
    UErrorCode status = U_ZERO_ERROR;
    pthread_once(&once, open_icu);
    if (!checker || text.len >= DOMAIN_TEXT_MAX)
        return false;
    int32_t found = uspoof_check2UTF8(checker, text.ptr, (int32_t)text.len, NULL, &status);
    return U_SUCCESS(status) && (found & USPOOF_RESTRICTION_LEVEL);
}
