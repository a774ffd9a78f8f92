/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes of administrators, asked by an administrator of a country about what is his, what is
 * another country's, and what never was; by everybody else, to be refused. Administrators of the
 * hub look after the officers of all members and after the node: what is told of these is theirs.
 */
#ifndef LEAK_ADMINISTERING_H
#define LEAK_ADMINISTERING_H

#include "leak/others.h"

static inline void ask_refused(struct leak *leak, const struct route *route)
{
    str body = route->takes ? S("{\"to\":\"/nowhere\"}") : STR_EMPTY;
    struct buf path = {.max = 4096};
    str rest = str_c(route->pattern), part;
    while (str_split(&rest, '/', &part))
        if (part.len)
            buf_printf(&path, "/%.*s", STR(part.ptr[0] == '{' ? S("x") : part));
    int status = send(leak, route->method, arena_str(&leak->arena, buf_str(&path)), body, NULL);
    buf_release(&path);
    if (status != 403) {
        fprintf(stderr, "%s answers %d to an officer who is no administrator\n", leak->said,
                status);
        leak->differences++;
    }
}

/* For each pattern what stands for its part in braces, and what is sent. */
static const struct administering {
    const char *pattern;
    const char *names[6];
    const char *bodies[3];
} administering[] = {
    {"/v1/terminals",
     {""},
     {"{\"id\":\"t-LOUDER\",\"unit\":\"NPL/ncb\",\"role\":\"frontline\",\"purpose\":\"search\","
      "\"certificate_key\":\"ab\"}",
      "{}"}},
    {"/v1/terminals/{id}", {"{1000003}", "{1000009}", "t-LOUDER", "x"}, {""}},
    {"/v1/officers", {"", "?find=n-", "?unit=NPL/ncb", "?max=2&after=n"}, {"{}"}},
    {"/v1/officers/{id}",
     {"o-1", "n-asker-LOUDER", "k-keeper-LOUDER", "never-was"},
     {"{\"version\":1,\"purposes\":[\"search\"]}", "{}"}},
    {"/v1/officers/{id}/invitation", {"n-asker-LOUDER", "k-keeper-LOUDER", "never-was"}, {""}},
    {"/v1/officers/{id}/credentials", {"n-asker-LOUDER", "k-keeper-LOUDER", "never-was"}, {""}},
    {"/v1/officers/import", {""}, {"officer,country\nx-9,NPL\n", "nonsense"}},
    {"/v1/units",
     {""},
     {"{\"id\":\"NPL/LOUDER\",\"country\":\"NPL\",\"name\":\"a\",\"level\":\"unit\"}",
      "{\"id\":\"NPL/none\",\"country\":\"NPL\",\"name\":\"a\",\"parent\":\"NPL/"
      "ncb\",\"level\":\"unit\"}"}},
    {"/v1/units/{*}",
     {"NPL/ncb", "NPL/LOUDER", "NPL/never", "XPO/hub"},
     {"{\"version\":1,\"name\":\"a\",\"level\":\"unit\"}"}},
    {"/v1/grants",
     {""},
     {"{\"officer\":\"n-asker-LOUDER\",\"purposes\":[\"search\"],\"until\":\"2027-01-01T00:00:00Z\","
      "\"reason\":\"stands in for a colleague\"}",
      "{\"officer\":\"never-was\",\"purposes\":[\"search\"],\"until\":\"2027-01-01T00:00:00Z\","
      "\"reason\":\"stands in for a colleague\"}"}},
    {"/v1/measures", {""}, {"{\"country\":\"NPL\",\"kind\":\"read-only\",\"reason\":\"none\"}"}},
    {"/v1/measures/{id}", {"{1000003}", "{1000009}", "x"}, {""}},
    {"/v1/log/trust", {""}, {"{\"key\":\"nonsense\"}"}},
    {"/v1/log/cosignature", {""}, {"nonsense"}},
    {"/v1/rights/objections", {""}, {""}},
};

static inline void ask_one_as_administrator(struct leak *leak, const struct route *route,
                                            const struct administering *how)
{
    str pattern = str_c(route->pattern);
    bool is_sending = strcmp(route->method, "GET") != 0;
    str stem = str_slice(pattern, 0, str_find(pattern, '{'));
    str tail = str_from(pattern, str_find(pattern, '}') + 1);
    for (size_t i = 0; i < COUNT_OF(how->names) && how->names[i]; i++)
        for (size_t k = 0; k == 0 || (k < COUNT_OF(how->bodies) && how->bodies[k]); k++)
            send(leak, route->method,
                 arena_printf(&leak->arena, "%.*s%s%.*s", STR(stem), how->names[i], STR(tail)),
                 is_sending && how->bodies[k] ? str_c(how->bodies[k]) : STR_EMPTY, NULL);
}

/* false: nobody has said how. */
static inline bool ask_as_administrator(struct leak *leak, const struct route *route)
{
    if (route->flags & ROUTE_LOCAL || is_of_hub(leak)) /* from afar they are not there */
        return true;
    if (route->flags & ROUTE_NODE) {
        ask_refused(leak, route);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(administering); i++)
        if (strcmp(administering[i].pattern, route->pattern) == 0) {
            ask_one_as_administrator(leak, route, &administering[i]);
            return true;
        }
    return false;
}

/* What is told to the hub about all members, by routes that others may ask as well. */
static inline bool is_the_hubs(const struct leak *leak, const struct route *route)
{
    static const struct {
        const char *role, *start;
    } theirs[] = {
        {"administrator", "/v1/grants"},
        {"administrator", "/v1/measures"},
        {"administrator", "/v1/credentials"},
        {"administrator", "/v1/audit/statistics"},
        {"administrator", "/metrics"},
        {"administrator", "/healthz"},
        {"administrator", "/v1/rights/processing"},
        {"hub", "/v1/rights/objections"},
        {"hub", "/v1/tickets/scorecard"},
        {"hub", "/v1/tickets/figures"},
        {"hub", "/v1/rights/report"},
    };
    for (size_t i = 0; is_of_hub(leak) && i < COUNT_OF(theirs); i++)
        if (is_role(leak, theirs[i].role) &&
            str_starts(str_c(route->pattern), str_c(theirs[i].start)))
            return true;
    return false;
}

#endif
