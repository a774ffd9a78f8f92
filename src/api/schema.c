/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of bodies, in a short notation from which the JSON schemas of /openapi.json are made:
 *
 *   "text?:s limit?:i hits:[Hit]"     members; ? may be absent
 *   s text  i integer  n number  b boolean  o any object  a any value  [x] list of x  Name
 * another shape
 */
#include <stdio.h>

#include "api/internal.h"

static const struct {
    const char *name, *notation;
} schemas[] = {
    {"Problem",
     "type:s title:s status:i detail:s say?:s with?:[s] hint?:s hint_say?:Said field?:s file?:s "
     "line?:i column?:i"},
    {"Search", "text?:s fields?:o databases?:[s] off?:[s] similar?:s purpose?:s reference?:s "
               "limit?:i offset?:i id?:s form?:s"},
    {"Part", "meaning:s title:s value:s check:s note?:s note_said?:[SaidSentence]"},
    {"Reading", "type:s title:s on:b confidence:i check:s note?:s note_said?:[SaidSentence] "
                "repair?:s parts:[Part]"},
    {"Caution", "code:s title:s"},
    {"Fact", "field:s title:s row:i value:s masked?:b check?:s note?:s "
             "note_said?:[SaidSentence] pivot?:b to?:s photo?:s"},
    {"Why", "meaning:s title:s asked:s held?:s agreement:s bits:n words?:s "
            "words_said?:[SaidSentence]"},
    {"Hit",
     "id:s version?:i database:s title?:s owner:s unit?:s disclosure:s state?:s test?:b "
     "cautions?:[Caution] heading?:s action?:s summary?:s handling?:s entered?:s updated?:s "
     "review_on?:s facts?:[Fact] photo?:s band?:s cleared?:o bits?:n probability?:n namesakes?:n "
     "compare?:[i] "
     "why?:[Why] expected_by_chance?:n"},
    {"DatabaseAnswer", "name:s title?:s result:s count:i reason?:s reason_said?:[SaidSentence]"},
    {"Answer", "verdict:s receipt:s as_of:s took_us:i proven:b understood:[Reading] "
               "databases:[DatabaseAnswer] total:i hits:[Hit] similar?:[Hit] similar_reason?:s "
               "similar_reason_said?:[SaidSentence] advice?:s "
               "advice_said?:[SaidSentence] repaired?:s keyboard?:s"},
    {"Explained", "receipt:s verdict:s why:s by_key:b by_name:b place:i proven:b possible_from?:n "
                  "hit_from?:n understood:[Reading] hit:Hit"},
    {"Duplicates", "database:s owner?:s across?:b possible?:b max?:i"},
    {"Text", "text:s"},
    {"Understood", "understood:[Reading] repaired?:s keyboard?:s"},
    {"Field", "name:s path:s title:o help?:s type:s list?:s meaning?:s required:b many:b pivot:b "
              "fixed?:b parts?:[s] fields?:[Field]"},
    {"Database", "name:s title:o help?:s kind:s version:i count?:i purposes:[s] fields?:[Field] "
                 "unique?:[a] examples?:[o]"},
    {"CodeList", "name:s title:s source:s date:s count:i codes?:[o]"},
    {"Body", "envelope:o fields:o"},
    {"Committed", "id:s version:i receipt:s"},
    {"Said", "say:s with?:[s]"},
    {"SaidSentence", "say:s with?:[a]"},
    {"Fault", "path:s value:s code:s reason:s say?:s with?:[s] hint?:s"},
    {"CheckedValue", "path:s row:i norm:s check:s note?:s note_said?:[SaidSentence]"},
    {"Checked", "faults:[Fault] values:[CheckedValue] duplicates:[Hit]"},
    {"Record", "receipt:s id:s version:i database:s title:s owner:s unit?:s disclosure:s state?:s "
               "test?:b cautions?:[Caution] heading?:s action?:s handling?:s entered?:s updated?:s "
               "review_on?:s facts?:[Fact] photo?:s body?:o held?:HeldBack"},
    {"Version", "version:i state:s kind:s time:s officer:s hash:s erased:b"},
    {"StateChange", "state:s reason?:s"},
    {"Extension", "review_on:s reason:s"},
    {"DueRecord", "id:s database:s title?:s owner:s due:s days:i achieved:b reminded:b held?:s"},
    {"Due", "today:s held?:s total:i records:[DueRecord] next?:s"},
    {"Day", "day:s"},
    {"DayConfirmed", "day:s receipt:s"},
    {"NewStanding", "fields:o databases?:[s] until:s reference?:s"},
    {"StandingUntil", "until:s"},
    {"StandingId", "id:s receipt:s"},
    {"Asked", "meaning:s title?:s value:s"},
    {"StandingHit", "time:s hit:Hit"},
    {"StandingQuery", "id:s state:s own:b officer:s unit?:s purpose:s reference:s asked:[Asked] "
                      "databases:[s] until:s asked_until?:s approved_by?:s hits:[StandingHit]"},
    {"Standing", "queries:[StandingQuery] seen:s"},
    {"Certificate", "record:s database:s deleted:s reason:s reason_said?:[SaidSentence]"},
    {"Certificates", "certificates:[Certificate] next?:s"},
    {"LogKey", "key:s replace?:b"},
    {"Photograph", "sha256:s width:i height:i bytes:i"},
    {"Change", "kind:s id:s version:i state:s time:s record?:o"},
    {"Feed", "changes:[Change] next:s"},
    {"Import", "format:s files:[s] dry_run?:b accept?:b full?:b drop_limit?:i owner?:s unit?:s "
               "annotated?:s"},
    {"Preview", "file:s format?:s encoding?:s"},
    {"JobNumber", "job:i"},
    {"Job", "id:i kind:s state:s done:i total:i unit:s step:s rate?:n seconds?:n left_s?:n "
            "result?:a error?:Problem"},
    {"LogFile", "name:s bytes:i"},
    {"AuditEntry", "number:i receipt?:s leaf:s destroyed:b entry?:o"},
    {"AuditCount", "day:s country:s purpose:s kind:s verdict?:s count:i"},
    {"SearchReview", "id:s why:s asked:s officer:s unit?:s country:s purpose?:s reference?:s "
                     "query?:a verdict?:s gone:b"},
    {"Done", "ok:b"},
    {"ReviewDecision", "outcome:s reason?:s"},
    {"ValueQuestion", "value:s from?:s before?:i max?:i"},
    {"SearchMade", "number:i time:s officer:s unit?:s purpose?:s reference?:s verdict?:s shown:i"},
    {"ValueAnswer", "searches:[SearchMade] looked_at:i before:i whole:b receipt:s"},
    {"Shown", "day:s country:s unit_kind:s purpose:s count:i"},
    {"Verified", "ok:b entries:i report:s"},
    {"Party", "country:s unit:s"},
    {"TicketClock", "name:s title:s for:s profile?:s profile_title?:s due?:s late:b level:i step:s "
                    "next:s"},
    {"TicketBrief", "id:s version:i kind:s title:s state:s state_title:s open:b test:b side:s "
                    "asker:Party owner:Party record:s database?:s database_title?:s opened:s "
                    "since:s clock?:TicketClock alarm:b yours:b taker?:s waiting?:o"},
    {"Tickets", "tickets:[TicketBrief] next?:s seen:s"},
    {"TicketLimit", "title:s since:s held_min:i limit_min?:i until?:s source?:s over:b say:s"},
    {"TicketWay", "to:s title:s needs:[Field] takes:[Field] four_eyes:b clearance:b"},
    {"TicketStep", "version:i time:s what:s state:s state_title:s country:s unit:s officer:s "
                   "step:s"},
    {"Cleared", "time:s country:s unit:s document:b until?:s"},
    {"Duty", "officer:s telephone?:s until:s"},
    {"Office", "unit:s country:s record?:s title?:s telephone?:s hours?:s languages:[s] deputy?:s "
               "head?:s duty?:Duty"},
    {"TicketOffices", "asker:Office owner:Office"},
    {"Ticket", "id:s version:i kind:s title:s state:s state_title:s open:b test:b side:s "
               "asker:Party owner:Party record:s database?:s database_title?:s opened:s since:s "
               "clock?:TicketClock alarm:b yours:b taker?:s waiting?:o fields:o facts:[Fact] "
               "limit?:TicketLimit moves:[TicketWay] history:[TicketStep] clearances:[Cleared] "
               "offices:TicketOffices slip?:s slip_code?:s receipt:s"},
    {"Slip", "slip:s key?:s document?:s issuer?:s"},
    {"SlipChecked", "good:b over:b document:s country:s unit:s issued:s until:s alert:s"},
    {"NewTicket", "kind:s record:s receipt:s fields?:o"},
    {"TicketMove", "to:s version?:i fields?:o clearance?:o"},
    {"TicketState", "state:s title:s end:b"},
    {"TicketKind", "kind:s title:s help?:s states:[TicketState] needs:[Field] takes:[Field]"},
    {"Signature", "version:i hash:s by:s at:s"},
    {"Difference", "definition:s what:s role:s before:s after:s wider:b program:b waits:b"},
    {"Recipient", "role:s title:s sees:s fields:i"},
    {"Activity", "definition:s title:s owner:s records:i purposes:[s] data:[s] "
                 "recipients:[Recipient] retention:[o] achieved_days?:i links:[s] risks:[o]"},
    {"Processing", "made:s catalogue:s signed:Signature since:i hash:s serves:b "
                   "differences:[Difference] processed:[Activity] people:[o] measures:[o]"},
    {"ProcessingSign", "hash:s"},
    {"ProcessingSigned", "version:i hash:s by:s at:s serves:b receipt:s"},
    {"ReportRow", "key:s title:s count?:i few:b"},
    {"ReportSection", "section:s title:s rows:[ReportRow]"},
    {"Report", "title:s from:s to:s country:s period:s rounding:s few:s sections:[ReportSection]"},
    {"NewObjection", "record:s statement:s"},
    {"Told", "receipt:s"},
    {"Objection", "id:s record:s country:s unit:s officer:s statement:s made:s outcome:s "
                  "decided_by?:s decided?:s reason?:s lifting_by?:s"},
    {"ObjectionDecision", "outcome:s reason:s"},
    {"RequestKind", "right:s kind:TicketKind"},
    {"Requests", "requests:[TicketBrief] next?:s"},
    {"NewRequest", "kind:s applicant:o fields?:o"},
    {"HeldBack", "request:b hub:b since:s"},
    {"RequestRecord", "id:s database?:s title?:s owner?:s state?:s erased?:b held?:HeldBack"},
    {"Request", "right:s withheld:b ticket:Ticket applicant?:o records:[RequestRecord]"},
    {"AnswerPart", "heading:s lines:[s]"},
    {"PersonAnswer", "title:s day:s parts:[AnswerPart] language:s"},
    {"Score", "month:s figures:Figures"},
    {"Handed", "ticket:TicketBrief urgent:b since:b taker?:s"},
    {"Handover", "id:s version:i digest:s left_by:s left_at:s note?:s taken_by?:s taken_at?:s "
                 "taken_note?:s"},
    {"Desk", "desk:Party digest:s tickets:[Handed] more:b officers:[s] last?:Handover receipt:s"},
    {"Leaving", "digest:s takers?:o note?:s"},
    {"Taking", "version:i digest:s takers?:o note?:s"},
    {"Figures", "country:s asked:i answered:i confirmed:i not_confirmed:i refused:i late:i open:i "
                "outcomes:i false:i false_rate?:n late_rate?:n median_answer_s?:i"},
    {"TicketFigures", "owners:[Figures] askers:[Figures]"},
    {"Me", "officer:s unit:s country:s role:s roles:[Caution] may:[s] purposes:[Caution] "
           "databases?:[s] hub?:b break_glass_of?:s training:b terminal?:TerminalHere"},
    {"Officer", "officer:s unit:s country:s role:s roles:[s] may:[s] purposes:[s] databases?:[s] "
                "state:s version:i signs_in_with:[s] invited_until?:s"},
    {"OfficerScope", "roles:[s] may:[s] purposes:[s] databases?:[s]"},
    {"OfficerNow", "officer:s unit:s country:s role:s roles:[s] may:[s] purposes:[s] "
                   "databases?:[s] state:s version:i signs_in_with:[s] invited_until?:s "
                   "own_names?:[s] effective?:OfficerScope"},
    {"OfficerChange", "version:i unit?:s role?:s roles?:[s] may?:[s] purposes?:[s] databases?:[s] "
                      "state?:s"},
    {"PolicyQuestion", "record:s officer?:s role?:s purpose?:s"},
    {"PolicyExplained", "receipt:s officer:s disclosure:s steps:[o]"},
    {"PolicyReach", "officer:s role:s reach:[o]"},
    {"SignIn", "officer:s password:s code:s"},
    {"Session", "officer:s unit:s country:s role:s roles:[Caution] may:[s] purposes:[Caution] "
                "databases?:[s] hub?:b break_glass_of?:s proof:s idle_until:s until:s signed_in:s "
                "before?:s tries:i terminal?:TerminalHere"},
    {"OpenSession", "id:s signed_in:s used:s until:s terminal?:s here:b"},
    {"TerminalHere", "enrolled:b id?:s label?:s unit?:s role?:Caution purpose?:Caution idle_s?:i"},
    {"Terminal", "id:s label:s unit:s country:s role:s purpose:s key:s idle_s:i"},
    {"NewTerminal", "id:s label?:s unit:s role:s purpose:s certificate?:s certificate_key?:s "
                    "idle_s?:a"},
    {"PasskeyAsked", "officer?:s"},
    {"PasskeyQuestion", "challenge:s party:s ids:[s] seconds:i"},
    {"PasskeySignIn", "id:s client_data:s authenticator_data:s signature:s user?:s officer?:s"},
    {"PasskeyOffer", "challenge:s party:s user:s officer:s ids:[s] algorithms:[i] seconds:i"},
    {"NewPasskey", "label:s client_data:s attestation:s"},
    {"Label", "label:s"},
    {"Draft", "text:s"},
    {"EnrolmentStart", "secret:s"},
    {"Totp", "secret:s uri:s code?:s"},
    {"EnrolmentOffer", "officer:s unit:s country:s role:s until:s totp:Totp"},
    {"Enrolment", "secret:s password:s code:s"},
    {"PasswordChange", "password:s code:s new:s"},
    {"NewToken", "label?:s days?:i may?:[s] purposes?:[s] databases?:[s]"},
    {"Credential",
     "id:s officer:s kind:s label?:s token?:s created:s expires?:s suspect?:s may?:[s] "
     "purposes?:[s] databases?:[s]"},
    {"BreakGlass", "reason:s of:s databases?:[s] purposes?:[s] minutes?:i"},
    {"Invitation", "officer:s secret:s until:s link:s"},
    {"RefusedRow", "row:i officer:s reason:s say?:s with?:[s]"},
    {"OfficersImported", "added:i refused:[RefusedRow] invitations:[Invitation]"},
    {"Setup", "officer:s country:s unit?:s"},
    {"Waiting", "waiting:s needs:[s] why:[s] receipt:s"},
    {"JobOrWaiting", "job?:i waiting?:s needs?:[s] why?:[s] receipt?:s"},
    {"Approval", "need:s given_by:s given_at:s"},
    {"Proposal", "id:s kind:s owner:s database?:s title?:s record?:s version?:i state?:s "
                 "reason?:s needs:[s] why:[s] officer:s unit?:s proposed:s approvals:[Approval] "
                 "own:b yours:b outcome?:s refusal?:s refusal_title?:s words?:s decided_by?:s "
                 "decided?:s contents?:o held?:o receipt?:s"},
    {"Proposals", "proposals:[Proposal]"},
    {"Refusal", "reason:s words?:s"},
    {"Approved", "id:s outcome:s record?:s version?:i job?:i receipt:s"},
    {"Recovery", "set:s need:s of:s sealed_to:s commitments:[s] made:s"},
    {"NewRecovery", "set:s need:s of:s sealed_to:s commitments:[s] made:s country?:s shares?:[s]"},
    {"RecoverAdministrator", "officer:s country?:s unit?:s reason:s shares:[s]"},
    {"Scope", "purposes:[s] databases?:[s]"},
    {"Unit", "id:s country:s name:s parent?:s level:s version:i open:b purposes?:[s] "
             "databases?:[s] effective:Scope"},
    {"NewUnit", "id:s country:s name:s parent?:s level:s purposes?:[s] databases?:[s]"},
    {"UnitChange", "version:i name:s parent?:s level:s purposes?:[s] databases?:[s]"},
    {"Grant", "id:s version:i officer:s unit:s country:s kind:s roles:[s] may:[s] purposes:[s] "
              "databases?:[s] of?:s from:s until:s reason:s given_by:s reviewed_by?:s "
              "reviewed_at?:s review?:s in_force:b"},
    {"NewGrant", "officer:s roles?:[s] may?:[s] purposes?:[s] databases?:[s] from?:s until:s "
                 "reason:s"},
    {"Review", "review:s"},
    {"Measure", "id:s country:s kind:s databases?:[s] rate?:i from:s until?:s reason:s given_by:s "
                "in_force:b"},
    {"NewMeasure", "country:s kind:s databases?:[s] rate?:i from?:s until?:s reason:s"},
    {"NewOfficer", "officer:s unit?:s country:s role?:s roles?:[s] may?:[s] purposes?:[s] "
                   "databases?:[s] certificate_key?:s invite?:b"},
    {"Token", "officer:s token?:s secret?:s until?:s link?:s"},
    {"Target", "to:s"},
    {"Check", "what:s ok:b detail:s next:s"},
    {"Demonstration", "token:s officer:s purpose?:s try?:[o]"},
    {"Health", "ok:b version:s feed?:i index?:i"},
    {"Object", ""},
};

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the brackets of our own notation */
static void print_type(struct json *json, str notation)
{
    json_open(json, '{');
    if (notation.ptr[0] == '[') {
        json_text(json, S("type"), S("array"));
        json_key(json, S("items"));
        print_type(json, str_slice(notation, 1, notation.len - 2));
    } else if (notation.len > 1) {
        json_key(json, S("$ref"));
        buf_printf(json->out, "\"#/components/schemas/%.*s\"", STR(notation));
        json->is_next = true;
    } else if (notation.ptr[0] != 'a') {
        static const struct {
            char letter;
            const char *word;
        } words[] = {
            {'s', "string"}, {'i', "integer"}, {'n', "number"}, {'b', "boolean"}, {'o', "object"}};
        for (size_t i = 0; i < COUNT_OF(words); i++)
            if (words[i].letter == notation.ptr[0])
                json_text(json, S("type"), str_c(words[i].word));
    }
    json_close(json, '}');
}

struct member {
    str name, type;
    bool is_required;
};

static bool next_member(str *rest, struct member *ret)
{
    str word;
    while (rest->len && str_split(rest, ' ', &word)) {
        if (!word.len)
            continue;
        size_t colon = str_find(word, ':');
        ret->name = str_slice(word, 0, colon);
        ret->type = str_from(word, colon + 1);
        ret->is_required = !str_ends(ret->name, S("?"));
        if (!ret->is_required)
            ret->name.len--;
        return true;
    }
    return false;
}

void schema_print(struct json *json, const char *notation)
{
    struct member member;
    str rest = str_c(notation);
    bool has_required = false;
    json_open(json, '{');
    json_text(json, S("type"), S("object"));
    json_key(json, S("properties"));
    json_open(json, '{');
    while (next_member(&rest, &member)) {
        has_required |= member.is_required;
        json_key(json, member.name);
        print_type(json, member.type);
    }
    json_close(json, '}');
    if (has_required) {
        json_key(json, S("required"));
        json_open(json, '[');
        for (rest = str_c(notation); next_member(&rest, &member);)
            if (member.is_required)
                json_text(json, STR_EMPTY, member.name);
        json_close(json, ']');
    }
    json_close(json, '}');
}

void schemas_print(struct json *json)
{
    json_open(json, '{');
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        json_key(json, str_c(schemas[i].name));
        schema_print(json, schemas[i].notation);
    }
    json_close(json, '}');
}

/* ---- the whole description ---- */

static void print_response(struct json *json, const char *status, const char *words,
                           const char *type, const char *schema)
{
    json_key(json, str_c(status));
    json_open(json, '{');
    json_text(json, S("description"), str_c(words));
    if (type) {
        json_key(json, S("content"));
        json_open(json, '{');
        json_key(json, str_c(type));
        json_open(json, '{');
        json_key(json, S("schema"));
        if (schema)
            print_type(json, str_c(schema));
        else
            json_raw(json, STR_EMPTY, S("{}"));
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void print_parameter(struct json *json, str name, const char *in, bool is_required, str type)
{
    json_open(json, '{');
    json_text(json, S("name"), name);
    json_text(json, S("in"), str_c(in));
    json_bool(json, S("required"), is_required);
    json_key(json, S("schema"));
    print_type(json, type);
    json_close(json, '}');
}

static void print_parameters(struct json *json, const struct route *route)
{
    str rest = str_c(route->pattern);
    str segment;
    struct member member;
    json_key(json, S("parameters"));
    json_open(json, '[');
    while (str_split(&rest, '/', &segment))
        if (segment.len > 2 && segment.ptr[0] == '{')
            print_parameter(json, str_slice(segment, 1, segment.len - 2), "path", true, S("s"));
    for (rest = str_c(route->query); next_member(&rest, &member);)
        print_parameter(json, member.name, "query", member.is_required, member.type);
    if (route->flags & ROUTE_PURPOSE) {
        print_parameter(json, S("Bureau-Purpose"), "header", true, S("s"));
        print_parameter(json, S("Bureau-Reference"), "header", false, S("s"));
    }
    json_close(json, ']');
}

static void print_request_body(struct json *json, const struct route *route)
{
    bool is_raw = route->flags & ROUTE_RAW_BODY;
    if (!route->takes && !is_raw)
        return;
    json_key(json, S("requestBody"));
    json_open(json, '{');
    json_bool(json, S("required"), !(route->flags & ROUTE_NO_BODY));
    json_key(json, S("content"));
    json_open(json, '{');
    json_key(json, is_raw ? str_c(route->takes ? route->takes : "application/octet-stream")
                          : S("application/json"));
    json_open(json, '{');
    json_key(json, S("schema"));
    if (is_raw)
        json_raw(json, STR_EMPTY, S("{}"));
    else
        print_type(json, str_c(route->takes));
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

static void print_route(struct json *json, const struct route *route)
{
    static const struct {
        const char *method, *key;
    } keys[] = {{"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"DELETE", "delete"}};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_eq_c(str_c(route->method), keys[i].method))
            json_key(json, str_c(keys[i].key));
    json_open(json, '{');
    json_text(json, S("summary"), str_c(route->help));
    if (route->needs == NEEDS_NOBODY)
        json_raw(json, S("security"), S("[]"));
    print_parameters(json, route);
    print_request_body(json, route);
    json_key(json, S("responses"));
    json_open(json, '{');
    char status[8];
    snprintf(status, sizeof status, "%d", route->status ? route->status : 200);
    bool is_shape = !route->gives || !str_has(str_c(route->gives), S("/"));
    print_response(json, status, "done", is_shape ? "application/json" : route->gives,
                   is_shape ? route->gives : NULL);
    if (route->flags & ROUTE_MAY_WAIT)
        print_response(json, "202", "waits for a second person", "application/json", "Waiting");
    print_response(json, "default", "what is wrong, and where", "application/problem+json",
                   "Problem");
    json_close(json, '}');
    json_close(json, '}');
}

static bool is_first_of_pattern(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(routes[i].pattern, routes[index].pattern) == 0)
            return false;
    return true;
}

static void print_paths(struct json *json)
{
    json_open(json, '{');
    for (size_t i = 0; i < route_count; i++) {
        if (!is_first_of_pattern(i) || str_has(str_c(routes[i].pattern), S("{*}")))
            continue;
        json_key(json, str_c(routes[i].pattern));
        json_open(json, '{');
        for (size_t k = i; k < route_count; k++)
            if (strcmp(routes[k].pattern, routes[i].pattern) == 0)
                print_route(json, &routes[k]);
        json_close(json, '}');
    }
    json_close(json, '}');
}

void api_describe(const struct api *api, struct buf *out)
{
    struct json json = {.out = out};
    json_open(&json, '{');
    json_text(&json, S("openapi"), S("3.0.3"));
    json_key(&json, S("info"));
    json_open(&json, '{');
    json_text(&json, S("title"), S("Bureau"));
    json_text(&json, S("version"), str_c(api->options.version));
    json_text(&json, S("description"), S("A node of an international police network."));
    json_close(&json, '}');
    json_raw(&json, S("servers"), S("[{\"url\":\"/\"}]"));
    json_raw(&json, S("security"), S("[{\"token\":[]}]"));
    json_key(&json, S("paths"));
    print_paths(&json);
    json_key(&json, S("components"));
    json_open(&json, '{');
    json_raw(&json, S("securitySchemes"),
             S("{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"));
    json_key(&json, S("schemas"));
    schemas_print(&json);
    json_close(&json, '}');
    json_close(&json, '}');
}
