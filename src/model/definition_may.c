/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what with a database, and who reads a field, as a definition declares it:
 *
 *   may: {search: [investigator, specialist], write: [specialist, investigate]}
 *   fields: {informant: {type: text, read: [national-bureau, investigate]}}
 *
 * A list names roles of codes/audiences.csv and purposes of codes/purposes.csv: one of its roles
 * and one of its purposes, as far as it names any. What is not declared is as codes/audiences.csv
 * has it for the role.
 */
#include "model/internal.h"

void reader_who(struct definition_reader *reader, const struct node *list, str key,
                uint64_t *ret_roles, purpose_set *ret_purposes)
{
    const struct code_list *roles = codes_list(reader->catalog->codes, S("audiences"));
    if (list->kind != NODE_LIST || list->count == 0)
        reader_problem(reader, ERR_SYNTAX, list, key, "must be a list of roles and purposes");
    node_each(item, list)
    {
        uint16_t purpose;
        const struct code *role = roles ? code_get(roles, node_as_text(item)) : NULL;
        if (role && role->number < 64)
            *ret_roles |= (uint64_t)1 << role->number;
        else if (purpose_find(reader->catalog, node_as_text(item), &purpose))
            *ret_purposes |= (purpose_set)1 << purpose;
        else
            reader_problem(reader, ERR_UNKNOWN, item, node_as_text(item),
                           "is neither a role of codes/audiences.csv nor a purpose");
    }
}

void definition_read_may(struct definition_reader *reader, const struct node *may)
{
    static const char *const actions[MAY_COUNT] = {"search", "read", "write",
                                                   "import", "feed", "approve"};
    if (!may)
        return;
    reader_known_keys(reader, may, actions, MAY_COUNT);
    for (size_t i = 0; i < MAY_COUNT; i++) {
        struct may_rule *rule = &reader->definition->may[i];
        const struct node *list = node_get(may, str_c(actions[i]));
        if (list)
            reader_who(reader, list, str_c(actions[i]), &rule->roles, &rule->purposes);
    }
}
