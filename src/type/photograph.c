/* SPDX-License-Identifier: Apache-2.0 */
/*
 * photograph: a picture by the SHA-256 of its bytes; the bytes lie in the store. As a map: {sha256,
 * mime, width, height, label}. Normal form and key are the hash, so the same file is found wherever
 * it is used; other pictures of the same face are not.
 */
#include "type/internal.h"

extern const struct type type_photograph;

enum { RAW_MAX = 80, LABEL_MAX = 200, SIDE_MAX = 20000 };

struct detail {
    str label;
    unsigned width, height; /* 0: not said */
};

static enum err bad(const char *what, str text)
{
    err_set(ERR_BAD_VALUE, "photograph: %s '%.*s'", what, STR(type_head(text, 80)));
    return err_hint("%s", type_photograph.help);
}

static enum err read_side(const struct node *input, str key, unsigned *ret)
{
    uint64_t side;
    const struct node *node = node_get(input, key);
    *ret = 0;
    if (!node)
        return OK;
    if (!str_to_u64(node_as_text(node), SIDE_MAX, &side) || side == 0)
        return bad("width and height lie between 1 and 20000, not", node_as_text(node));
    *ret = (unsigned)side;
    return OK;
}

static enum err read_detail(const struct node *input, struct detail *ret)
{
    str mime = node_get_text(input, S("mime"));
    ret->label = str_trim(node_get_text(input, S("label")));
    if (mime.len && !str_eq(mime, S("image/jpeg")) && !str_eq(mime, S("image/png")))
        return bad("a picture is image/jpeg or image/png, not", mime);
    if (ret->label.len > LABEL_MAX)
        return bad("the label is longer than 200 bytes:", ret->label);
    TRY(read_side(input, S("width"), &ret->width));
    return read_side(input, S("height"), &ret->height);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    unsigned char hash[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    (void)context;
    bool is_map = input && input->kind == NODE_MAP;
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    if (is_map)
        TRY(type_begin_text(&type_photograph, input, node_get_text(input, S("sha256")), RAW_MAX,
                            ret));
    else
        TRY(type_begin(&type_photograph, input, RAW_MAX, ret));
    if (ret->raw.len != (size_t)2 * HASH_SIZE || !hex_decode(ret->raw, hash, HASH_SIZE))
        return bad("a SHA-256 has 64 hexadecimal digits, not", ret->raw);
    if (is_map)
        TRY(read_detail(input, detail));
    hex_encode(hash, HASH_SIZE, hex);
    ret->detail = detail;
    return type_keep(arena, str_of(hex, (size_t)2 * HASH_SIZE), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_add(out, detail->label.len ? detail->label : S("photograph"));
    if (detail->width && detail->height)
        buf_printf(out, ", %u x %u", detail->width, detail->height);
    buf_printf(out, " (%.*s)", STR(str_slice(value->norm, 0, 8)));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same file");
    else
        comparison_set(ret, AGREE_UNKNOWN, 1, 0, "another file: pictures are not compared");
}

static void redact(const struct value *value, struct buf *out)
{
    (void)value;
    buf_add(out, S("photograph"));
}

/* The hash of a picture that nobody has. */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    for (size_t i = 0; i < (size_t)2 * HASH_SIZE / 16; i++)
        buf_printf(out, "%016llx", (unsigned long long)random_u64(random));
}

static const char *const maps[] = {"sha256", "mime", "width", "height", "label", NULL};

const struct type type_photograph = {
    .name = "photograph",
    .title = "Photograph",
    .help =
        "a picture that was uploaded, by the SHA-256 of its bytes (64 hexadecimal digits), with a "
        "label",
    .maps = maps,
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = type_keys_exact,
    .compare = compare,
    .redact = redact,
    .sample = sample,
};
