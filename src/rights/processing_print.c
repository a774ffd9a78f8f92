/* SPDX-License-Identifier: Apache-2.0 */
/* The record of processing for people: the same tree as Markdown or as a page of HTML. */
#include <stdio.h>

#include "rights/internal.h"

struct page {
    struct rights *rights;
    enum language language;
    bool is_html;
    struct buf *out;
};

static str word_of(const struct page *page, const char *code)
{
    const struct code_list *list =
        codes_list(page->rights->node.catalog->codes, S("processing-texts"));
    const struct code *found = list ? code_get(list, str_c(code)) : NULL;
    return found ? code_name(found, page->language) : str_c(code);
}

/* Text of definitions and records: no mark-up of either form comes out of it. */
static void text(const struct page *page, str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (page->is_html && (c == '<' || c == '>' || c == '&' || c == '"'))
            buf_printf(page->out, "&#%d;", c);
        else if (!page->is_html && (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' ||
                                    c == '<' || c == '['))
            buf_printf(page->out, "\\%c", c);
        else
            buf_add_char(page->out, c == '\n' || c == '\r' ? ' ' : c);
    }
}

static void heading(const struct page *page, unsigned level, str value)
{
    if (page->is_html)
        buf_printf(page->out, "<h%u>", level);
    else
        buf_printf(page->out, "\n%.*s ", (int)level, "######");
    text(page, value);
    if (page->is_html)
        buf_printf(page->out, "</h%u>\n", level);
    else
        buf_add(page->out, S("\n\n"));
}

static void row(const struct page *page, bool is_head, const str *cells, size_t count)
{
    buf_add(page->out, page->is_html ? S("<tr>") : S("|"));
    for (size_t i = 0; i < count; i++) {
        buf_add(page->out,
                page->is_html ? (is_head ? S("<th scope=\"col\">") : S("<td>")) : S(" "));
        text(page, cells[i]);
        buf_add(page->out, page->is_html ? (is_head ? S("</th>") : S("</td>")) : S(" |"));
    }
    buf_add(page->out, page->is_html ? S("</tr>\n") : S("\n"));
    for (size_t i = 0; is_head && !page->is_html && i < count; i++)
        buf_add(page->out, i ? S("---|") : S("|---|"));
    if (is_head && !page->is_html)
        buf_add_char(page->out, '\n');
}

static void table(const struct page *page, const char *const *heads, size_t count)
{
    enum { COLUMNS_MAX = 8 };
    str cells[COLUMNS_MAX];
    ensure(count <= COLUMNS_MAX);
    for (size_t i = 0; i < count; i++)
        cells[i] = word_of(page, heads[i]);
    if (page->is_html)
        buf_add(page->out, S("<table>\n"));
    row(page, true, cells, count);
}

static void table_end(const struct page *page)
{
    buf_add(page->out, page->is_html ? S("</table>\n") : S("\n"));
}

static void line(const struct page *page, const char *word, str value)
{
    buf_add(page->out, page->is_html ? S("<p><b>") : S("**"));
    text(page, word_of(page, word));
    buf_add(page->out, page->is_html ? S("</b>: ") : S("**: "));
    text(page, value);
    buf_add(page->out, page->is_html ? S("</p>\n") : S("\n\n"));
}

static void list_line(const struct page *page, const char *word, const struct node *list)
{
    struct buf joined = {.max = 64 << 10};
    node_each(item, list)
    {
        if (joined.len)
            buf_add(&joined, S(", "));
        buf_add(&joined, node_as_text(item));
    }
    line(page, word, joined.len ? buf_str(&joined) : word_of(page, "none"));
    buf_release(&joined);
}

/* ---- the parts ---- */

static void print_differences(const struct page *page, const struct node *list)
{
    static const char *const heads[] = {"definition", "what", "role", "before", "after", "effect"};
    heading(page, 2, word_of(page, "differences"));
    if (!list || !list->count) {
        text(page, word_of(page, "none"));
        buf_add(page->out, page->is_html ? S("<br>\n") : S("\n\n"));
        return;
    }
    table(page, heads, COUNT_OF(heads));
    node_each(item, list)
    {
        bool waits = node_as_bool(node_get(item, S("waits")), false);
        const str cells[] = {node_get_text(item, S("definition")),
                             node_get_text(item, S("what")),
                             node_get_text(item, S("role")),
                             node_get_text(item, S("before")),
                             node_get_text(item, S("after")),
                             word_of(page, waits ? "waits" : "applies")};
        row(page, false, cells, COUNT_OF(cells));
    }
    table_end(page);
}

static void print_activity(const struct page *page, const struct node *item)
{
    static const char *const heads[] = {"role", "sees", "fields"};
    struct buf kept = {.max = 4096};
    heading(page, 3, node_get_text(item, S("title")));
    line(page, "owners", node_get_text(item, S("owner")));
    line(page, "records", node_get_text(item, S("records")));
    list_line(page, "purposes", node_get(item, S("purposes")));
    list_line(page, "data", node_get(item, S("data")));
    node_each(retain, node_get(item, S("retention")))
    {
        str days = node_get_text(retain, S("days"));
        buf_printf(&kept, "%s%.*s %.*s", kept.len ? "; " : "", STR(days),
                   STR(word_of(page, "days")));
    }
    line(page, "retention", buf_str(&kept));
    buf_release(&kept);
    list_line(page, "links", node_get(item, S("links")));
    table(page, heads, COUNT_OF(heads));
    node_each(recipient, node_get(item, S("recipients")))
    {
        const str cells[] = {node_get_text(recipient, S("title")),
                             node_get_text(recipient, S("sees")),
                             node_get_text(recipient, S("fields"))};
        row(page, false, cells, COUNT_OF(cells));
    }
    table_end(page);
}

static void print_assessment(const struct page *page, const struct node *activities)
{
    static const char *const heads[] = {"definition", "risk", "measure"};
    char code[64];
    heading(page, 2, word_of(page, "impact"));
    table(page, heads, COUNT_OF(heads));
    node_each(activity, activities) node_each(item, node_get(activity, S("risks")))
    {
        str risk = node_get_text(item, S("risk"));
        snprintf(code, sizeof code, "risk-%.*s", STR(risk));
        str words = word_of(page, code);
        snprintf(code, sizeof code, "against-%.*s", STR(risk));
        const str cells[] = {node_get_text(activity, S("title")), words, word_of(page, code)};
        row(page, false, cells, COUNT_OF(cells));
    }
    table_end(page);
}

static void print_people(const struct page *page, const struct node *processing)
{
    static const char *const heads[] = {"role", "officers"};
    heading(page, 2, word_of(page, "people"));
    table(page, heads, COUNT_OF(heads));
    node_each(item, node_get(processing, S("people")))
    {
        const str cells[] = {node_get_text(item, S("title")), node_get_text(item, S("officers"))};
        row(page, false, cells, COUNT_OF(cells));
    }
    table_end(page);
    heading(page, 2, word_of(page, "measures"));
    node_each(item, node_get(processing, S("measures")))
    {
        const str cells[] = {node_get_text(item, S("country")), node_get_text(item, S("kind")),
                             node_get_text(item, S("from"))};
        if (page->is_html)
            buf_add(page->out, S("<table>"));
        row(page, false, cells, COUNT_OF(cells));
        if (page->is_html)
            buf_add(page->out, S("</table>"));
    }
}

void rights_processing_print(struct rights *rights, const struct node *processing,
                             enum language language, enum rights_form form, struct buf *out)
{
    static const char *const codes[] = {"en", "fr", "es", "ar"};
    const struct page page = {rights, language, form == FORM_HTML, out};
    const struct node *signature = node_get(processing, S("signed"));
    struct buf signed_by = {.max = 4096};
    if (page.is_html)
        buf_printf(out,
                   "<!doctype html><html lang=\"%s\" dir=\"%s\"><meta charset=\"utf-8\"><title>%.*s"
                   "</title>\n",
                   codes[language], language == LANGUAGE_AR ? "rtl" : "ltr",
                   STR(word_of(&page, "title")));
    heading(&page, 1, word_of(&page, "title"));
    line(&page, "made", node_get_text(processing, S("made")));
    buf_printf(&signed_by, "%.*s, %.*s (%.*s)", STR(node_get_text(signature, S("by"))),
               STR(node_get_text(signature, S("at"))), STR(node_get_text(signature, S("version"))));
    line(&page, "signed", buf_str(&signed_by));
    buf_release(&signed_by);
    print_differences(&page, node_get(processing, S("differences")));
    heading(&page, 2, word_of(&page, "processed"));
    node_each(item, node_get(processing, S("processed"))) print_activity(&page, item);
    print_assessment(&page, node_get(processing, S("processed")));
    print_people(&page, processing);
    if (page.is_html)
        buf_add(out, S("</html>\n"));
}
