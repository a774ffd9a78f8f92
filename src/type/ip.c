/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip: an address of IPv4 or IPv6, a network, or a range.
 *
 *   "192.0.2.1"   "192[.]0[.]2[.]1"   "192.0.2.1:8080"       one address; a port is dropped
 *   "192.0.2.0/24"   "192.0.2.10-192.0.2.20"   "2001:db8::/32"
 *
 * IPv4 is strict: four decimal numbers, no leading zeros (some programs read 010 as octal; we
 * refuse to guess). IPv6 prints as RFC 5952 has it. Everything is 16 bytes inside, IPv4 as
 * ::ffff:0:0/96, so that one order holds both: keys are these bytes in hexadecimal. EXACT for one
 * address, RANGE from the first to the last for the others; the EXACT text of an address is also
 * its probe of ranges, at full length.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "type/defang.h"
#include "type/internal.h"

extern const struct type type_ip;

enum { RAW_MAX = 120, HEX_MAX = 33 };

struct range {
    unsigned char first[16], last[16];
    bool is_v4, is_one;
};

static bool read_address(str text, unsigned char out[16], bool *ret_is_v4)
{
    char plain[INET6_ADDRSTRLEN];
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (text.len == 0 || text.len >= sizeof plain)
        return false;
    memcpy(plain, text.ptr, text.len);
    plain[text.len] = '\0';
    if (inet_pton(AF_INET, plain, out + 12) == 1) {
        memcpy(out, mapped, sizeof mapped);
        *ret_is_v4 = true;
        return true;
    }
    if (inet_pton(AF_INET6, plain, out) != 1)
        return false;
    *ret_is_v4 = memcmp(out, mapped, sizeof mapped) == 0;
    return true;
}

/* Sets the bits after the first `prefix` to zeros in first and to ones in last. */
static void spread(struct range *range, unsigned prefix)
{
    memcpy(range->last, range->first, 16);
    for (unsigned bit = prefix; bit < 128; bit++) {
        unsigned char mask = (unsigned char)(0x80 >> bit % 8);
        range->first[bit / 8] &= (unsigned char)~mask;
        range->last[bit / 8] |= mask;
    }
    range->is_one = prefix == 128;
}

static const char *read_network(str text, size_t slash, struct range *ret)
{
    uint64_t prefix;
    if (!read_address(str_slice(text, 0, slash), ret->first, &ret->is_v4))
        return "the address before the slash is not one";
    if (!str_to_u64(str_from(text, slash + 1), ret->is_v4 ? 32 : 128, &prefix))
        return "the network's length is not a number up to 32 (IPv4) or 128 (IPv6)";
    spread(ret, (unsigned)prefix + (ret->is_v4 ? 96 : 0));
    return NULL;
}

static const char *read_range(str text, size_t dash, struct range *ret)
{
    bool is_v4;
    if (!read_address(str_slice(text, 0, dash), ret->first, &ret->is_v4) ||
        !read_address(str_from(text, dash + 1), ret->last, &is_v4))
        return "a range has an address on both sides of the dash";
    if (is_v4 != ret->is_v4 || memcmp(ret->first, ret->last, 16) > 0)
        return "the range does not run upwards within one family";
    ret->is_one = memcmp(ret->first, ret->last, 16) == 0;
    return NULL;
}

/* "192.0.2.1:443", "[2001:db8::1]:443", "[2001:db8::1]" */
static str without_port(str text, str *ret_port)
{
    size_t colon = str_find(text, ':');
    *ret_port = STR_EMPTY;
    if (text.len && text.ptr[0] == '[') {
        size_t close = str_find(text, ']');
        *ret_port = str_from(text, close + 2);
        return str_slice(text, 1, close - 1);
    }
    bool has_dots = str_find(text, '.') < colon;
    if (colon < text.len && has_dots &&
        str_find(str_from(text, colon + 1), ':') + colon + 1 == text.len) {
        *ret_port = str_from(text, colon + 1);
        return str_slice(text, 0, colon);
    }
    return text;
}

static const char *read_one(str text, struct range *ret, str *ret_port)
{
    uint64_t port;
    str address = without_port(text, ret_port);
    if (!read_address(address, ret->first, &ret->is_v4))
        return "an address is four numbers up to 255 with dots, or eight groups of hexadecimal "
               "digits with colons";
    if (ret_port->len && !str_to_u64(*ret_port, 65535, &port))
        return "the port is not a number up to 65535";
    memcpy(ret->last, ret->first, 16);
    ret->is_one = true;
    return NULL;
}

static void print_address(const unsigned char bytes[16], bool is_v4, char out[INET6_ADDRSTRLEN])
{
    const char *done = is_v4 ? inet_ntop(AF_INET, bytes + 12, out, INET6_ADDRSTRLEN)
                             : inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN);
    ensure(done == out);
}

static unsigned common_bits(const unsigned char a[16], const unsigned char b[16])
{
    for (unsigned i = 0; i < 16; i++)
        if (a[i] != b[i])
            return 8 * i + (unsigned)__builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
    return 128;
}

/* The prefix length when the range is one network, else 129. */
static unsigned prefix_of(const struct range *range)
{
    unsigned common = common_bits(range->first, range->last);
    struct range whole = *range;
    spread(&whole, common);
    return memcmp(whole.first, range->first, 16) != 0 || memcmp(whole.last, range->last, 16) != 0
               ? 129
               : common;
}

static str normal_form(const struct range *range, struct arena *arena)
{
    char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN];
    print_address(range->first, range->is_v4, first);
    if (range->is_one)
        return arena_str(arena, str_c(first));
    unsigned prefix = prefix_of(range);
    print_address(range->last, range->is_v4, last);
    if (prefix <= 128)
        return arena_printf(arena, "%s/%u", first, prefix - (range->is_v4 ? 96 : 0));
    return arena_printf(arena, "%s-%s", first, last);
}

/* Addresses that belong to nobody on the internet: IANA's special-purpose registries. */
static const char *special_use(const struct range *range)
{
    static const struct {
        unsigned char bytes[16];
        unsigned prefix;
        const char *what;
    } blocks[] = {
        {{[10] = 0xFF, [11] = 0xFF, [12] = 10}, 104, "private network"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 172, [13] = 16}, 108, "private network"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 192, [13] = 168}, 112, "private network"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 100, [13] = 64},
         106,
         "shared by subscribers of one carrier"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 127}, 104, "the own machine"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 169, [13] = 254}, 112, "link-local"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 0}, 104, "this network"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 192, [13] = 0, [14] = 2}, 120, "for documentation"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 198, [13] = 51, [14] = 100}, 120, "for documentation"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 203, [13] = 0, [14] = 113}, 120, "for documentation"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 198, [13] = 18}, 111, "for benchmarks"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 224}, 100, "multicast"},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 240}, 100, "reserved"},
        {{0}, 127, "the own machine or none"},
        {{0x20, 0x01, 0x0D, 0xB8}, 32, "for documentation"},
        {{0xFC}, 7, "private network"},
        {{0xFE, 0x80}, 10, "link-local"},
        {{0xFF}, 8, "multicast"},
    };
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        if (common_bits(range->first, blocks[i].bytes) >= blocks[i].prefix &&
            common_bits(range->last, blocks[i].bytes) >= blocks[i].prefix)
            return blocks[i].what;
    return NULL;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)context;
    TRY(type_begin(&type_ip, input, RAW_MAX, ret));
    struct range *range = arena_new(arena, struct range);
    str text = defang_undo(ret->raw, arena), port = STR_EMPTY;
    if (!range || !text.len)
        return err_set(ERR_BAD_VALUE, "address '%.*s' is empty", STR(ret->raw));
    size_t slash = str_find(text, '/'), dash = str_find(text, '-');
    const char *why = slash < text.len  ? read_network(text, slash, range)
                      : dash < text.len ? read_range(text, dash, range)
                                        : read_one(text, range, &port);
    if (why) {
        err_set(ERR_BAD_VALUE, "IP address '%.*s': %s", STR(ret->raw), why);
        return err_hint("%s", type_ip.help);
    }
    const char *use = special_use(range);
    ret->detail = range;
    if (port.len)
        ret->note = type_note(arena, "port %.*s left out", STR(port));
    else if (use)
        ret->note = type_note(arena, "special address: %s", use);
    return type_keep(arena, normal_form(range, arena), &ret->norm);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    const struct range *range = value->detail;
    char first[HEX_MAX], last[HEX_MAX];
    hex_encode(range->first, 16, first);
    hex_encode(range->last, 16, last);
    struct key key = {range->is_one ? KEY_EXACT : KEY_RANGE, str_c(type_ip.name), str_c(first),
                      range->is_one ? STR_EMPTY : str_c(last)};
    sink->add(sink, &key);
}

static bool contains(const struct range *outer, const struct range *inner)
{
    return memcmp(outer->first, inner->first, 16) <= 0 && memcmp(outer->last, inner->last, 16) >= 0;
}

/* Same /24 of IPv4 or /64 of IPv6: mostly one subscriber's or one house's. */
static bool are_neighbours(const struct range *a, const struct range *b)
{
    return a->is_v4 == b->is_v4 && memcmp(a->first, b->first, a->is_v4 ? 15 : 8) == 0;
}

/* Levels: 0 same, 1 within the network, 2 networks overlap, 3 neighbours, 4 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct range *a = asked->detail, *b = held->detail;
    bool overlap = memcmp(a->first, b->last, 16) <= 0 && memcmp(b->first, a->last, 16) <= 0;
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same address");
    else if (contains(b, a))
        comparison_set(ret, AGREE_SAME, 1, .95, "within %.*s", STR(held->norm));
    else if (contains(a, b))
        comparison_set(ret, AGREE_CLOSE, 1, .9, "%.*s is within it", STR(held->norm));
    else if (overlap)
        comparison_set(ret, AGREE_CLOSE, 2, .7, "the networks overlap");
    else if (are_neighbours(a, b))
        comparison_set(ret, AGREE_FAR, 3, .4, "neighbouring addresses");
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "other address");
}

/* The network stays, the host goes. */
static void redact(const struct value *value, struct buf *out)
{
    const struct range *range = value->detail;
    if (range->is_v4)
        buf_printf(out, "%u.%u.*.*", range->first[12], range->first[13]);
    else
        buf_printf(out, "%02x%02x:%02x%02x:*", range->first[0], range->first[1], range->first[2],
                   range->first[3]);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const blocks[] = {"192.0.2", "198.51.100", "203.0.113"};
    (void)hint;
    if (random_below(random, 5) == 0)
        buf_printf(out, "2001:db8:%x::%x", (unsigned)random_below(random, 0xFFFF),
                   1 + (unsigned)random_below(random, 0xFFFE));
    else
        buf_printf(out, "%s.%u", blocks[random_below(random, COUNT_OF(blocks))],
                   1 + (unsigned)random_below(random, 254));
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 3 || line.len > RAW_MAX || str_count_digits(line) == line.len)
        return 0;
    return type_read(&type_ip, context, line, arena, out, max, 95);
}

const struct type type_ip = {
    .name = "ip",
    .title = "IP address",
    .help = "an IPv4 or IPv6 address, a network (192.0.2.0/24) or a range (192.0.2.10-192.0.2.20); "
            "defanged forms too",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
