/* SPDX-License-Identifier: Apache-2.0 */
/*
 * geo: a position on WGS 84, in decimal degrees or degrees, minutes and seconds, latitude first
 * unless letters say otherwise; or {lat, lon, radius}, the radius in metres saying how far off it
 * may be.
 *
 *   48.8584, 2.2945           48°51'30"N 2°17'40"E      N48 51.5 E002 17.67
 *   geo:48.8584,2.2945;u=50   4851N 00217E
 *
 * Normal form: degrees with five decimals (about a metre). Comparison is by distance on the sphere,
 * less both radii.
 */
#include <math.h>
#include <stdio.h>

#include "type/decimal.h"
#include "type/internal.h"

extern const struct type type_geo;

enum { RAW_MAX = 120, NUMBERS_MAX = 6, RADIUS_MAX_M = 1000000 };

struct detail {
    double lat, lon; /* degrees */
    double radius_m;
};

/* ---- reading ---- */

struct half { /* one of the two coordinates */
    double parts[3];
    size_t count;
    char letter; /* N S E W or 0 */
    bool is_negative;
};

struct scan {
    double numbers[NUMBERS_MAX];
    bool negative[NUMBERS_MAX];
    size_t lengths[NUMBERS_MAX]; /* digits before the point */
    size_t count;
    char letters[2];
    size_t letter_at[2]; /* how many numbers stood before it */
    size_t letter_count;
};

/* Letters of the four languages: Oeste and Ouest are W, Este and Est are E. */
static char direction(uint32_t c)
{
    switch (c) {
    case 'N':
    case 'n': return 'N';
    case 'S':
    case 's': return 'S';
    case 'E':
    case 'e': return 'E';
    case 'W':
    case 'w':
    case 'O':
    case 'o': return 'W';
    case 0x0421: /* Cyrillic С: north */ return 'N';
    case 0x042E: return 'S';
    case 0x0412: return 'E';
    case 0x0417: return 'W';
    default: return 0;
    }
}

static bool scan_number(str text, size_t *at, struct scan *scan)
{
    char plain[32];
    size_t len = 0, digits = 0;
    bool has_point = false;
    while (*at < text.len && len < sizeof plain - 1) {
        char c = text.ptr[*at];
        bool is_point =
            (c == '.' || (c == ',' && *at + 1 < text.len && is_digit(text.ptr[*at + 1]))) &&
            !has_point;
        if (!is_digit(c) && !is_point)
            break;
        has_point |= is_point;
        digits += !has_point;
        plain[len++] = is_point ? '.' : c;
        ++*at;
    }
    if (scan->count == NUMBERS_MAX)
        return false;
    scan->lengths[scan->count] = digits;
    return str_to_double(str_of(plain, len), &scan->numbers[scan->count++]);
}

static bool is_mark(uint32_t c)
{
    return c <= ' ' || c == ',' || c == ';' || c == ':' || c == '/' || c == '\'' || c == '"' ||
           c == '(' || c == ')' || c == 0xB0 || c == 0xBA || c == 0xA0 ||
           (c >= 0x2018 && c <= 0x201D) || (c >= 0x2032 && c <= 0x2033) || c == 0x060C ||
           c == 0x02DA;
}

static bool scan_text(str text, struct scan *scan)
{
    bool is_negative = false;
    for (size_t at = 0; at < text.len;) {
        if (is_digit(text.ptr[at])) {
            if (!scan_number(text, &at, scan))
                return false;
            scan->negative[scan->count - 1] = is_negative;
            is_negative = false;
            continue;
        }
        uint32_t c = utf8_next(text, &at);
        char letter = direction(c);
        if (letter) {
            if (scan->letter_count == 2)
                return false;
            scan->letter_at[scan->letter_count] = scan->count;
            scan->letters[scan->letter_count++] = letter;
        } else if (c == '-' || c == 0x2212) {
            is_negative = true;
        } else if (c != '+' && !is_mark(c)) {
            return false;
        }
    }
    return !is_negative;
}

/*
 * 4851 or 485130 without marks: degrees, minutes, seconds run together (as pilots and sailors write
 * them).
 */
static void open_compact(struct half *half, size_t digits)
{
    if (half->count != 1 || digits < 4 || digits > 7)
        return;
    double n = half->parts[0];
    if (digits <= 5) {
        half->parts[0] = floor(n / 100);
        half->parts[1] = fmod(n, 100);
        half->count = 2;
    } else {
        half->parts[0] = floor(n / 10000);
        half->parts[1] = floor(fmod(n, 10000) / 100);
        half->parts[2] = fmod(n, 100);
        half->count = 3;
    }
}

static void take(const struct scan *scan, size_t from, size_t count, char letter, struct half *ret)
{
    *ret = (struct half){.letter = letter};
    ret->count = count > 3 ? 0 : count;
    for (size_t i = 0; i < ret->count; i++)
        ret->parts[i] = scan->numbers[from + i];
    ret->is_negative = count && scan->negative[from];
    if (letter && count)
        open_compact(ret, scan->lengths[from]);
}

static bool split(const struct scan *scan, struct half halves[2])
{
    size_t first = scan->count / 2;
    if (scan->count == 0 || scan->letter_count == 1)
        return false;
    if (scan->letter_count == 2) {
        bool letters_lead = scan->letter_at[0] == 0;
        first = letters_lead ? scan->letter_at[1] : scan->letter_at[0];
        if (!letters_lead && scan->letter_at[1] != scan->count)
            return false;
    } else if (scan->count % 2) {
        return false;
    }
    take(scan, 0, first, scan->letters[0], &halves[0]);
    take(scan, first, scan->count - first, scan->letters[1], &halves[1]);
    return halves[0].count && halves[1].count;
}

static bool degrees_of(const struct half *half, double *ret)
{
    double value = half->parts[0];
    for (size_t i = 1; i < half->count; i++) {
        if (half->parts[i] >= 60)
            return false;
        value += half->parts[i] / (i == 1 ? 60 : 3600);
    }
    bool is_south_or_west = half->letter == 'S' || half->letter == 'W';
    if (half->is_negative && half->letter)
        return false;
    *ret = half->is_negative || is_south_or_west ? -value : value;
    return true;
}

static bool is_longitude(char letter)
{
    return letter == 'E' || letter == 'W';
}

static const char *check_range(const struct detail *detail)
{
    if (fabs(detail->lat) > 90)
        return "the latitude lies beyond 90 degrees";
    if (fabs(detail->lon) > 180)
        return "the longitude lies beyond 180 degrees";
    return NULL;
}

static const char *read_text(str text, struct detail *ret)
{
    struct scan scan = {0};
    struct half halves[2];
    double values[2];
    if (!scan_text(text, &scan) || !split(&scan, halves))
        return "is not a latitude and a longitude";
    if (scan.letter_count == 2 && is_longitude(halves[0].letter) == is_longitude(halves[1].letter))
        return "names the same direction twice";
    if (!degrees_of(&halves[0], &values[0]) || !degrees_of(&halves[1], &values[1]))
        return "has minutes or seconds of 60 or more, or a sign beside a letter";
    bool is_turned = is_longitude(halves[0].letter);
    ret->lat = values[is_turned ? 1 : 0];
    ret->lon = values[is_turned ? 0 : 1];
    return check_range(ret);
}

/* "geo:48.8584,2.2945;u=50" (RFC 5870) */
static const char *read_uri(str text, struct detail *ret)
{
    str rest = str_from(text, 4);
    size_t end = str_find(rest, ';');
    str options = str_from(rest, end + 1);
    if (str_starts(options, S("u=")) && (!str_to_double(str_from(options, 2), &ret->radius_m) ||
                                         ret->radius_m < 0 || ret->radius_m > RADIUS_MAX_M))
        return "has an uncertainty that is no number of metres";
    return read_text(str_slice(rest, 0, end), ret);
}

static const char *read_map(const struct node *input, struct detail *ret)
{
    str radius = node_get_text(input, S("radius"));
    if (!str_to_double(str_trim(node_get_text(input, S("lat"))), &ret->lat) ||
        !str_to_double(str_trim(node_get_text(input, S("lon"))), &ret->lon))
        return "needs lat and lon in decimal degrees";
    if (radius.len && (!str_to_double(str_trim(radius), &ret->radius_m) || ret->radius_m < 0 ||
                       ret->radius_m > RADIUS_MAX_M))
        return "has a radius that is no number of metres up to 1000000";
    return check_range(ret);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)context;
    bool is_map = input && input->kind == NODE_MAP;
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    if (is_map)
        TRY(type_begin_text(&type_geo, input,
                            arena_printf(arena, "%.*s, %.*s", STR(node_get_text(input, S("lat"))),
                                         STR(node_get_text(input, S("lon")))),
                            RAW_MAX, ret));
    else
        TRY(type_begin(&type_geo, input, RAW_MAX, ret));
    bool is_uri = str_eq_nocase(str_slice(ret->raw, 0, 4), S("geo:"));
    const char *why = is_map   ? read_map(input, detail)
                      : is_uri ? read_uri(ret->raw, detail)
                               : read_text(ret->raw, detail);
    if (why) {
        err_set(ERR_BAD_VALUE, "position '%.*s' %s", STR(type_head(ret->raw, 100)), why);
        return err_hint("%s", type_geo.help);
    }
    ret->detail = detail;
    /* Rounded before printing, so that no "-0.00000" comes out. */
    ret->norm = arena_printf(arena, "%.5f,%.5f", round(detail->lat * 1e5) / 1e5 + 0.0,
                             round(detail->lon * 1e5) / 1e5 + 0.0);
    return ret->norm.len ? OK : err_last()->code;
}

/* ---- printing and comparison ---- */

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_printf(out, "%.5f\xC2\xB0%c %.5f\xC2\xB0%c", fabs(detail->lat), detail->lat < 0 ? 'S' : 'N',
               fabs(detail->lon), detail->lon < 0 ? 'W' : 'E');
    if (detail->radius_m > 0)
        buf_printf(out, " \xC2\xB1 %.0f m", detail->radius_m);
}

/* Haversine on a sphere of the mean radius: wrong by half a percent at most. */
static double distance_m(const struct detail *a, const struct detail *b)
{
    static const double radius = 6371008.8, to_radians = 3.14159265358979323846 / 180;
    double lat1 = a->lat * to_radians, lat2 = b->lat * to_radians;
    double s = sin((lat2 - lat1) / 2), t = sin((b->lon - a->lon) * to_radians / 2);
    double h = s * s + cos(lat1) * cos(lat2) * t * t;
    return 2 * radius * asin(sqrt(fmin(1, h)));
}

/* Levels: 0 same spot, 1 within a kilometre, 2 within 10, 3 within 100, 4 farther. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    enum { SPOT_M = 50, WALK_M = 1000, TOWN_M = 10000, REGION_M = 100000 };
    const struct detail *a = asked->detail, *b = held->detail;
    double apart = distance_m(a, b), beyond = fmax(0, apart - a->radius_m - b->radius_m);
    if (beyond <= SPOT_M)
        comparison_set(ret, AGREE_SAME, 0, 1, apart <= SPOT_M ? "same spot" : "within the radius");
    else if (beyond <= WALK_M)
        comparison_set(ret, AGREE_CLOSE, 1, .9, "%.0f m apart", apart);
    else if (beyond <= TOWN_M)
        comparison_set(ret, AGREE_CLOSE, 2, .6, "%.1f km apart", apart / 1000);
    else if (beyond <= REGION_M)
        comparison_set(ret, AGREE_FAR, 3, .3, "%.0f km apart", apart / 1000);
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "%.0f km apart", apart / 1000);
}

/* Whole degrees: about the region. */
static void redact(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_printf(out, "about %.0f, %.0f", round(detail->lat), round(detail->lon));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_printf(out, "%.5f, %.5f", random_unit(random) * 120 - 60, random_unit(random) * 360 - 180);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    bool has_degrees = str_has(line, S("\xC2\xB0")) || str_starts(line, S("geo:"));
    bool has_pair = str_find(line, ',') < line.len && str_find(line, '.') < line.len;
    if (line.len < 7 || line.len > RAW_MAX || str_count_digits(line) < 4)
        return 0;
    unsigned confidence = has_degrees ? 97 : has_pair ? 75 : 20;
    return type_read(&type_geo, context, line, arena, out, max, confidence);
}

static const char *const maps[] = {"lat", "lon", "radius", NULL};

const struct type type_geo = {
    .name = "geo",
    .title = "Position",
    .help = "latitude and longitude (WGS 84): 48.8584, 2.2945 or 48\xC2\xB0"
            "51'30\"N 2\xC2\xB0"
            "17'40\"E; or lat, lon and radius in metres",
    .maps = maps,
    .parse = parse,
    .print = print,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
