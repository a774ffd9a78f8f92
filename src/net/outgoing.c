/* SPDX-License-Identifier: Apache-2.0 */
/* POST by libcurl's easy interface, one handle a request: these are rare. */
#include "net/outgoing.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

enum { URL_MAX_BYTES = 1000, HEADER_BYTES = 600, HEADERS_MAX = 8, CONNECT_MS = 5000 };
enum { ANSWER_MAX_BYTES = 1 << 20 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started = CURLE_OK;

static void start(void)
{
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void *outgoing_begin(void)
{
    (void)pthread_once(&once, start);
    return started == CURLE_OK ? curl_easy_init() : NULL;
}

bool outgoing_is_local(str url, const char *scheme)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    size_t at = str_c(scheme).len;
    if (!str_starts(url, str_c(scheme)) || !str_starts(str_from(url, at), S("://")))
        return false;
    url = str_from(url, at + 3);
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        str rest = str_from(url, str_c(hosts[i]).len);
        if (str_starts(url, str_c(hosts[i])) &&
            (rest.len == 0 || rest.ptr[0] == ':' || rest.ptr[0] == '/'))
            return true;
    }
    return false;
}

static bool is_local(str url)
{
    return outgoing_is_local(url, "http");
}

enum err outgoing_check(str url)
{
    bool is_plain = url.len && url.len <= URL_MAX_BYTES;
    for (size_t i = 0; i < url.len; i++)
        is_plain = is_plain && url.ptr[i] > ' ' && url.ptr[i] < 127;
    bool has_user = str_has(url, S("@")); /* no passwords in addresses, no disguised hosts */
    if (is_plain && !has_user && (str_starts(url, S("https://")) || is_local(url)))
        return OK;
    err_set(ERR_BAD_VALUE, "\"%.*s\" is not an address to send to", STR(str_slice(url, 0, 100)));
    return err_hint("https://..., or http:// to this machine itself");
}

/* The library fixes its shape. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    size_t *seen = context;
    (void)bytes;
    *seen += size * count;
    return *seen > ANSWER_MAX_BYTES ? 0 : size * count;
}

static struct curl_slist *make_headers(const struct outgoing *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    for (size_t i = 0; i < request->header_count && i < HEADERS_MAX; i++) {
        char line[HEADER_BYTES];
        snprintf(line, sizeof line, "%s: %.*s", request->headers[i].name,
                 STR(request->headers[i].value));
        struct curl_slist *longer = curl_slist_append(list, line);
        list = longer ? longer : list;
    }
    return list;
}

static void set_options(CURL *curl, const struct outgoing *request, const char *url,
                        struct curl_slist *headers, size_t *seen)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_local(request->url) ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, seen);
}

enum err outgoing_post(const struct outgoing *request, int *ret_status)
{
    char url[URL_MAX_BYTES + 1];
    size_t seen = 0;
    long status = 0;
    TRY(outgoing_check(request->url));
    CURL *curl = outgoing_begin();
    if (!curl)
        return err_set(ERR_MEMORY, "the library for outgoing requests does not start");
    snprintf(url, sizeof url, "%.*s", STR(request->url));
    struct curl_slist *headers = make_headers(request);
    set_options(curl, request, url, headers, &seen);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return err_set(code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO, "%s: %s", url,
                       curl_easy_strerror(code));
    *ret_status = (int)status;
    return OK;
}
