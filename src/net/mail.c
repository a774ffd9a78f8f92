/* SPDX-License-Identifier: Apache-2.0 */
/* One letter by SMTP, through libcurl: encrypted, or to this machine itself. */
#include <curl/curl.h>
#include <stdio.h>

#include "net/outgoing.h"

enum { URL_BYTES = 1000, ADDRESS_BYTES = 320, SECRET_BYTES = 512, CONNECT_MS = 5000 };

static bool is_local(str url)
{
    return outgoing_is_local(url, "smtp");
}

enum err outgoing_check_mail(str url)
{
    bool is_plain = url.len && url.len < URL_BYTES && !str_has(url, S("@"));
    for (size_t i = 0; i < url.len; i++)
        is_plain = is_plain && url.ptr[i] > ' ' && url.ptr[i] < 127;
    if (is_plain && (str_starts(url, S("smtps://")) || str_starts(url, S("smtp://"))))
        return OK;
    err_set(ERR_BAD_VALUE, "\"%.*s\" is no mail server", STR(str_slice(url, 0, 100)));
    return err_hint("smtps://HOST:465, or smtp://HOST:587");
}

/* Nothing that could end a line or an address: what is written into a letter's head stays there. */
enum err outgoing_check_mailbox(str address)
{
    size_t at = str_find(address, '@');
    bool is_good = at > 0 && at + 1 < address.len && address.len < ADDRESS_BYTES;
    for (size_t i = 0; i < address.len; i++)
        is_good = is_good && address.ptr[i] > ' ' && address.ptr[i] < 127 &&
                  str_find(S("<>\",;:\\()[]"), address.ptr[i]) == 11;
    if (is_good)
        return OK;
    return err_set(ERR_BAD_VALUE, "\"%.*s\" is no address of a mailbox",
                   STR(str_slice(address, 0, 100)));
}

struct reading {
    str rest;
};

static size_t read_text(char *out, size_t size, size_t count, void *context)
{
    struct reading *reading = context;
    size_t max = size * count;
    size_t len = reading->rest.len < max ? reading->rest.len : max;
    memcpy(out, reading->rest.ptr, len);
    reading->rest = str_from(reading->rest, len);
    return len;
}

static void set_options(CURL *curl, const struct outgoing_mail *mail, struct reading *reading)
{
    char text[URL_BYTES];
    snprintf(text, sizeof text, "%.*s", STR(mail->url));
    curl_easy_setopt(curl, CURLOPT_URL, text); /* copied, as all texts are */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(is_local(mail->url) ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)mail->timeout_ms);
    snprintf(text, sizeof text, "<%.*s>", STR(mail->from));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, text);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_text);
    curl_easy_setopt(curl, CURLOPT_READDATA, reading);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
}

static void set_secrets(CURL *curl, const struct outgoing_mail *mail)
{
    char text[SECRET_BYTES];
    if (!mail->user.len)
        return;
    snprintf(text, sizeof text, "%.*s", STR(mail->user));
    curl_easy_setopt(curl, CURLOPT_USERNAME, text);
    snprintf(text, sizeof text, "%.*s", STR(mail->password));
    curl_easy_setopt(curl, CURLOPT_PASSWORD, text);
    explicit_bzero(text, sizeof text);
}

enum err outgoing_send_mail(const struct outgoing_mail *mail)
{
    char to[ADDRESS_BYTES + 3];
    struct reading reading = {mail->text};
    TRY(outgoing_check_mail(mail->url));
    TRY(outgoing_check_mailbox(mail->from));
    TRY(outgoing_check_mailbox(mail->to));
    CURL *curl = outgoing_begin();
    if (!curl)
        return err_set(ERR_MEMORY, "the library for outgoing letters does not start");
    snprintf(to, sizeof to, "<%.*s>", STR(mail->to));
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    set_options(curl, mail, &reading);
    set_secrets(curl, mail);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    CURLcode code = recipients ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
    long answer = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    curl_slist_free_all(recipients);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return OK;
    return err_set(code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO, "%.*s: %s (%ld)",
                   STR(mail->url), curl_easy_strerror(code), answer);
}
