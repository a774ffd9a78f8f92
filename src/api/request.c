/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what a call says: parameters, names, versions, the body of a search. */
#include "api/internal.h"
#include "type/link.h"

enum {
    REFERENCE_MAX = 200,
    QUERY_ID_MAX = 64,
    SEARCH_LIMIT_MAX = 100,
    OFFSET_MAX = 10000,
    TEXT_MAX = 2000,
    FIELDS_MAX = 64
};

str call_query(struct call *call, str name)
{
    str value = STR_EMPTY;
    return http_query_get(call->exchange, name, &value) ? value : STR_EMPTY;
}

enum err call_query_number(struct call *call, str name, uint64_t otherwise, uint64_t max,
                           uint64_t *ret)
{
    str text = call_query(call, name);
    *ret = otherwise;
    if (text.len == 0 || str_to_u64(text, max, ret))
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is not a number from 0 to %llu", STR(text),
            (unsigned long long)max);
    return err_field("%.*s", STR(name));
}

bool has_own_door(const struct definition *definition)
{
    return definition_is_ticket(definition) || identity_keeps(definition) ||
           gate_keeps(definition) || recovery_keeps(definition);
}

enum err call_definition(struct call *call, str name, const struct definition **ret)
{
    *ret = catalog_find(call->api->node.catalog, name);
    if (*ret && has_own_door(*ret))
        *ret = NULL;
    return *ret ? OK : err_set(ERR_NOT_FOUND, "there is no database %.*s", STR(name));
}

/*
 * database:OWNER/REFERENCE. The index keeps hashes, so the envelope is read; whether the actor may
 * see the record is asked where it is opened, with the same answer as for none.
 */
static enum err find_reference(struct call *call, const struct reference *reference, str text,
                               struct record_id *ret)
{
    const struct api_node *node = &call->api->node;
    struct index_snapshot *snapshot = index_snapshot_open(node->index);
    struct stored stored;
    struct node *body = NULL;
    uint64_t number = 0;
    enum err code =
        index_find_ref(snapshot, reference->database, reference->owner, reference->ref, &number);
    index_snapshot_close(snapshot);
    TRY(code);
    code = number ? store_read(node->store, number, call->arena, &stored) : ERR_NOT_FOUND;
    if (!code && stored.body.len)
        TRY(json_parse(stored.body, call->arena, &body));
    str held = node_get_text(node_get(body, S("envelope")), S("ref"));
    if (code || !str_eq(held, reference->ref) || !str_eq(stored.owner, reference->owner) ||
        !str_eq(stored.definition, reference->database))
        return err_set(ERR_NOT_FOUND, "there is no record %.*s here", STR(text));
    *ret = stored.id;
    return OK;
}

enum err call_record_id(struct call *call, str text, struct record_id *ret)
{
    struct reference reference;
    if (reference_parse(text, &reference))
        return find_reference(call, &reference, text, ret);
    if (!record_id_parse(text, ret))
        return err_set(ERR_BAD_VALUE, "%.*s is not a record's id", STR(text));
    if (ret->home != store_home(call->api->node.store))
        return err_set(ERR_NOT_FOUND, "there is no record %.*s here", STR(text));
    return OK;
}

/* If-Match: "3" (RFC 9110 13.1.1), strong, one. */
str place_print(struct call *call, int64_t order, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return arena_printf(call->arena, "%lld.%s", (long long)order, record_id_format(id, text));
}

enum err call_no_place(struct call *call)
{
    err_set(ERR_BAD_VALUE, "%.*s is not a place in a list",
            STR(str_slice(call_query(call, S("after")), 0, 64)));
    return err_field("after");
}

enum err call_place(struct call *call, int64_t *ret_order, uint64_t *ret_number)
{
    struct record_id id;
    int64_t order;
    str place = call_query(call, S("after"));
    size_t dot = str_find(place, '.');
    if (!place.len)
        return OK;
    if (!str_to_i64(str_slice(place, 0, dot), &order) ||
        !record_id_parse(str_from(place, dot + 1), &id))
        return call_no_place(call);
    *ret_order = order;
    *ret_number = id.number;
    return OK;
}

enum err call_no_record(str id)
{
    return err_set(ERR_NOT_FOUND, "there is no record %.*s here", STR(str_slice(id, 0, 64)));
}

enum err call_if_match(struct call *call, uint32_t *ret_version)
{
    const struct http_header *header = http_header_find(&call->exchange->request, S("if-match"));
    if (!header) {
        err_set(ERR_STALE, "If-Match is required: which version is this meant for");
        return err_hint("send the ETag the record was read with");
    }
    str text = header->value;
    if (text.len > 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = str_slice(text, 1, text.len - 2);
    uint64_t version;
    if (!str_to_u64(text, UINT32_MAX, &version) || version == 0)
        return err_set(ERR_BAD_VALUE, "%.*s is not a version", STR(header->value));
    *ret_version = (uint32_t)version;
    return OK;
}

enum err call_body_text(struct call *call, str key, str *ret)
{
    const struct node *node = node_get(call->body, key);
    if (node && node_is_scalar(node) && node->text.len) {
        *ret = node->text;
        return OK;
    }
    err_set(node ? ERR_BAD_VALUE : ERR_MISSING, node ? "%.*s is not a text" : "%.*s is missing",
            STR(key));
    return err_field("%.*s", STR(key));
}

enum err call_set_purpose(struct call *call, str purpose, str reference)
{
    if (!purpose_find(call->api->node.catalog, purpose, &call->actor.purpose)) {
        err_set(ERR_UNKNOWN, "%.*s is not a purpose", STR(str_slice(purpose, 0, 100)));
        return err_field("purpose");
    }
    if (reference.len > REFERENCE_MAX) {
        err_set(ERR_LIMIT, "a reference has at most %d bytes", REFERENCE_MAX);
        return err_field("reference");
    }
    call->actor.reference = reference;
    return OK;
}

/* ---- a search ---- */

static enum err wrong_kind(str key, const char *expected)
{
    err_set(ERR_BAD_VALUE, "%.*s is not %s", STR(key), expected);
    return err_field("%.*s", STR(key));
}

static bool is_text_list(const struct node *list)
{
    if (list->kind != NODE_LIST || list->count > FIELDS_MAX)
        return false;
    node_each(item, list) if (item->kind != NODE_TEXT) return false;
    return true;
}

static enum err read_fields(const struct node *fields)
{
    if (fields->kind != NODE_MAP || fields->count > FIELDS_MAX)
        return wrong_kind(S("fields"), "an object of at most 64 meanings");
    node_each(item, fields)
    {
        if (item->kind == NODE_LIST ? !is_text_list(item) : !node_is_scalar(item))
            return wrong_kind(item->key, "a text or a list of texts");
    }
    return OK;
}

static enum err read_number(const struct node *node, uint64_t max, uint32_t *ret)
{
    uint64_t value;
    if (node->kind != NODE_NUMBER || !str_to_u64(node->text, max, &value)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a number from 0 to %llu", STR(node->text),
                (unsigned long long)max);
        return err_field("%.*s", STR(node->key));
    }
    *ret = (uint32_t)value;
    return OK;
}

static enum err read_similar(const struct node *node, enum similar *ret)
{
    static const struct {
        const char *word;
        enum similar similar;
    } words[] = {{"auto", SIMILAR_AUTO}, {"yes", SIMILAR_YES}, {"no", SIMILAR_NO}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq_c(node_as_text(node), words[i].word)) {
            *ret = words[i].similar;
            return OK;
        }
    return wrong_kind(node->key, "one of auto, yes, no");
}

static enum err read_form(const struct node *node, bool *ret_is_brief)
{
    *ret_is_brief = str_eq_c(node_as_text(node), "brief");
    return *ret_is_brief || str_eq_c(node_as_text(node), "full")
               ? OK
               : wrong_kind(node->key, "one of full, brief");
}

static enum err read_member(const struct node *node, struct search_request *request)
{
    str key = node->key;
    if (str_eq(key, S("text"))) {
        request->text = node_as_text(node);
        return node->kind == NODE_TEXT && node->text.len <= TEXT_MAX
                   ? OK
                   : wrong_kind(key, "a text of at most 2000 bytes");
    }
    if (str_eq(key, S("fields"))) {
        request->fields = node;
        return read_fields(node);
    }
    if (str_eq(key, S("databases")) || str_eq(key, S("off"))) {
        *(key.ptr[0] == 'd' ? &request->databases : &request->off) = node;
        return is_text_list(node) ? OK : wrong_kind(key, "a list of texts");
    }
    if (str_eq(key, S("similar")))
        return read_similar(node, &request->similar);
    if (str_eq(key, S("limit")))
        return read_number(node, SEARCH_LIMIT_MAX, &request->limit);
    if (str_eq(key, S("offset")))
        return read_number(node, OFFSET_MAX, &request->offset);
    if (str_eq(key, S("id"))) {
        request->id = node_as_text(node);
        return node->kind == NODE_TEXT && node->text.len && node->text.len <= QUERY_ID_MAX
                   ? OK
                   : wrong_kind(key, "a text of at most 64 bytes");
    }
    if (str_eq(key, S("purpose")) || str_eq(key, S("reference")))
        return node->kind == NODE_TEXT ? OK : wrong_kind(key, "a text");
    err_set(ERR_UNKNOWN, "a search has no %.*s", STR(str_slice(key, 0, 100)));
    return err_field("%.*s", STR(str_slice(key, 0, 100)));
}

enum err search_request_read(struct call *call, const struct node *body, struct search_request *ret)
{
    *ret = (struct search_request){.text = STR_EMPTY, .id = STR_EMPTY};
    call->is_brief = false;
    node_each(member, body)
    {
        if (str_eq(member->key, S("form")))
            TRY(read_form(member, &call->is_brief));
        else
            TRY(read_member(member, ret));
    }
    const struct node *purpose = node_get(body, S("purpose"));
    if (purpose)
        TRY(call_set_purpose(call, purpose->text, node_get_text(body, S("reference"))));
    if (call->actor.purpose == UINT16_MAX) {
        err_set(ERR_MISSING, "no purpose was given; every search needs one");
        return err_field("purpose");
    }
    if (str_trim(ret->text).len == 0 && (!ret->fields || ret->fields->count == 0)) {
        err_set(ERR_MISSING, "nothing to search for: neither text nor fields");
        return err_field("text");
    }
    return OK;
}
