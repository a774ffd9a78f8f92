/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_section: an opened section: views into mapped bytes. Opening checks the header and
 * that every array lies inside; starts and ids inside the arrays are checked where they are used,
 * so that a damaged file gives fewer candidates or ERR_DAMAGED, never a read outside.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "index/names_internal.h"

enum { COPIES_MAX = 8, LARGE_PAGE = 2 << 20 };
struct range {
    size_t from, to;
};
struct names_section {
    const struct near_form *forms;
    const uint8_t *words, *groups, *signs;
    size_t words_len, groups_len;
    uint32_t entry_count;
    unsigned entry_width; /* bits of a word of an entry */
    struct packed word_at, post_at, posts, group_at;
    struct packed bucket_at[NAMES_DIRECTORY_COUNT], ids[NAMES_DIRECTORY_COUNT];
    unsigned bits[NAMES_DIRECTORY_COUNT];
    void *copies[COPIES_MAX]; /* in large pages */
    size_t copy_count;
    uint64_t number;
};
static atomic_uint_fast64_t sections_opened;

void packed_put(struct buf *out, const uint32_t *items, size_t count, unsigned width)
{
    uint64_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < count; i++) {
        bits |= (uint64_t)items[i] << held;
        for (held += width; held >= 8; held -= 8, bits >>= 8)
            buf_add_u8(out, (uint8_t)bits);
    }
    if (held > 0)
        buf_add_u8(out, (uint8_t)bits);
}

unsigned packed_width(uint32_t largest)
{
    return largest ? 32 - (unsigned)__builtin_clz(largest) : 1;
}

/* What an array takes lies inside, its room behind it included. */
static bool array_open(str bytes, const struct names_array *array, struct packed *ret)
{
    if (array->width == 0 || array->width > 32 || array->at % 8 || array->at > bytes.len ||
        array->count > UINT32_MAX)
        return false;
    uint64_t taken = (array->count * array->width + 7) / 8 + PACKED_ROOM;
    if (taken > bytes.len - array->at)
        return false;
    *ret = (struct packed){(const uint8_t *)bytes.ptr + array->at, array->count,
                           (unsigned)array->width};
    return true;
}

static bool directory_open(str bytes, const struct names_header *header,
                           enum names_directory directory, struct names_section *section)
{
    struct packed *bucket_at = &section->bucket_at[directory];
    if (!array_open(bytes, &header->bucket_at[directory], bucket_at) ||
        !array_open(bytes, &header->ids[directory], &section->ids[directory]))
        return false;
    size_t buckets = bucket_at->count ? bucket_at->count - 1 : 0;
    if (buckets < 2 || (buckets & (buckets - 1)) || buckets > 1u << 28)
        return false;
    section->bits[directory] = (unsigned)__builtin_ctzll(buckets);
    return true;
}

static bool section_views(str bytes, const struct names_header *header,
                          struct names_section *section)
{
    struct packed forms, words, groups, signs;
    bool is_good =
        array_open(bytes, &header->forms, &forms) && array_open(bytes, &header->words, &words) &&
        array_open(bytes, &header->groups, &groups) && array_open(bytes, &header->signs, &signs) &&
        array_open(bytes, &header->word_at, &section->word_at) &&
        array_open(bytes, &header->post_at, &section->post_at) &&
        array_open(bytes, &header->posts, &section->posts) &&
        array_open(bytes, &header->group_at, &section->group_at);
    for (enum names_directory d = NAMES_EXACT; d < NAMES_DIRECTORY_COUNT && is_good; d++)
        is_good = directory_open(bytes, header, d, section);
    if (!is_good || forms.width != 8 || words.width != 8 || groups.width != 8 || signs.width != 8 ||
        signs.count != section->posts.count * SIGNS)
        return false;
    section->forms = (const void *)forms.at;
    section->words = words.at;
    section->words_len = words.count;
    section->groups = groups.at;
    section->signs = signs.at;
    section->groups_len = groups.count;
    section->entry_count = header->entry_count;
    section->entry_width = (unsigned)header->entry_width;
    return forms.count % sizeof(struct near_form) == 0 && header->entry_width > WORD_MARK_BITS &&
           header->entry_width <= PACKED_ID_BITS + WORD_MARK_BITS &&
           section->word_at.count == forms.count / sizeof(struct near_form) + 1 &&
           section->post_at.count == section->word_at.count &&
           section->group_at.count == ((size_t)header->entry_count + GROUP - 1) / GROUP + 1;
}

/*
 * Forms and directories are read all over the place, a few bytes at a time: in a mapped file most
 * of the waiting would be for page tables. What is small, or finds no memory, stays where it is.
 */
static const uint8_t *in_large_pages(struct names_section *section, const uint8_t *from,
                                     size_t size)
{
    size_t room = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    if (size < LARGE_PAGE || section->copy_count == COPIES_MAX)
        return from;
    uint8_t *copy = aligned_alloc(LARGE_PAGE, room);
    if (!copy)
        return from;
    (void)madvise(copy, room, MADV_HUGEPAGE);
    memcpy(copy, from, size);
    section->copies[section->copy_count++] = copy;
    return copy;
}

static void packed_copy(struct names_section *section, struct packed *packed)
{
    size_t size = (packed->count * packed->width + 7) / 8 + PACKED_ROOM;
    packed->at = in_large_pages(section, packed->at, size);
}

static void dictionary_copy(struct names_section *section)
{
    size_t forms = section->word_at.count - 1;
    section->forms = (const void *)in_large_pages(section, (const void *)section->forms,
                                                  forms * sizeof *section->forms);
    for (enum names_directory d = NAMES_NEAR; d < NAMES_DIRECTORY_COUNT; d++) {
        packed_copy(section, &section->bucket_at[d]);
        packed_copy(section, &section->ids[d]);
    }
}

enum err names_section_open(str bytes, uint32_t entry_count, struct names_section **ret)
{
    struct names_header header;
    if (bytes.len < sizeof header)
        return err_set(ERR_DAMAGED, "names section of %zu bytes is too short", bytes.len);
    memcpy(&header, bytes.ptr, sizeof header);
    if (header.magic != NAMES_MAGIC || header.size != bytes.len ||
        header.entry_count != entry_count)
        return err_set(ERR_DAMAGED, "names section's header does not fit its %zu bytes", bytes.len);
    if (header.tables_version != NAME_TABLES_VERSION)
        return err_set(ERR_VERSION,
                       "names section was made with name tables %u, this program has %d",
                       header.tables_version, NAME_TABLES_VERSION);
    struct names_section *section = calloc(1, sizeof *section);
    if (!section)
        return err_set(ERR_MEMORY, "out of memory for a names section");
    if (!section_views(bytes, &header, section)) {
        free(section);
        return err_set(ERR_DAMAGED, "names section's arrays do not lie inside its %zu bytes",
                       bytes.len);
    }
    dictionary_copy(section);
    section->number = atomic_fetch_add(&sections_opened, 1) + 1;
    *ret = section;
    return OK;
}

void names_section_close(struct names_section *section)
{
    for (size_t i = 0; section && i < section->copy_count; i++)
        free(section->copies[i]);
    free(section);
}

/* Numbers at[i] .. at[i + 1], of `count` there are. */
static size_t run_of(const struct packed *at, size_t count, size_t i, size_t *ret_from)
{
    if (i + 1 >= at->count)
        return 0;
    uint32_t from = packed_get(at, i), to = packed_get(at, i + 1);
    *ret_from = from;
    return from > to || to > count ? 0 : to - from;
}

uint32_t section_word_count(const struct names_section *section)
{
    return (uint32_t)section->word_at.count - 1;
}

uint64_t section_number(const struct names_section *section)
{
    return section->number;
}

size_t section_forms(const struct names_section *section, uint32_t id, const struct near_form **ret)
{
    if (id >= section_word_count(section))
        return 0;
    const struct near_form *form = *ret = &section->forms[id];
    size_t more = form->kind >> FORM_MORE_SHIFT & FORM_MORE;
    bool is_good = form->kind & FORM_FIRST && !(form->kind & FORM_LONG) &&
                   (form->kind & FORM_SCRIPT) <= NAME_OTHER &&
                   id + more < section_word_count(section);
    return is_good ? more + 1 : 0;
}

bool section_word(const struct names_section *section, uint32_t id, struct word *ret)
{
    if (id >= section_word_count(section) || !(section->forms[id].kind & FORM_FIRST))
        return false;
    size_t from = 0, len = run_of(&section->word_at, section->words_len, id, &from);
    if (section->forms[id].kind & FORM_LONG)
        return names_decode(section->words + from, len, ret);
    const struct near_form *forms;
    ret->reading_count = (uint8_t)section_forms(section, id, &forms);
    ret->script = forms->kind & FORM_SCRIPT;
    for (size_t i = 0; i < ret->reading_count; i++) {
        ret->readings[i] = near_form_letters(&forms[i]);
        ret->sounds[i] = (const void *)&forms[i].sound_count;
        if (ret->readings[i].len == 0 || forms[i].sound_count > NEAR_LENGTH)
            return false;
    }
    ret->native = len > 0 ? str_of((const char *)section->words + from, len) : ret->readings[0];
    return ret->reading_count > 0;
}

uint32_t section_frequency(const struct names_section *section, uint32_t id)
{
    size_t from;
    return (uint32_t)run_of(&section->post_at, section->posts.count, id, &from);
}

size_t section_probe(const struct names_section *section, enum names_directory directory,
                     uint32_t key, uint32_t *ret, size_t max)
{
    size_t from = 0;
    size_t count = run_of(&section->bucket_at[directory], section->ids[directory].count,
                          names_bucket(key, section->bits[directory]), &from);
    if (count > max)
        count = max;
    for (size_t i = 0; i < count; i++)
        ret[i] = packed_get(&section->ids[directory], from + i);
    return count;
}

struct posts section_postings(const struct names_section *section, uint32_t id)
{
    struct posts posts = {.packed = &section->posts, .from = 0};
    posts.count = run_of(&section->post_at, section->posts.count, id, &posts.from);
    posts.signs = section->signs + posts.from * SIGNS;
    return posts;
}

/* Where a group's words begin and what of them is the entry's, in words; false: damaged. */
static bool group_open(const struct names_section *section, uint32_t entry, size_t *ret_begin,
                       struct range *ret)
{
    size_t from = 0, in = entry % GROUP;
    size_t len = run_of(&section->group_at, section->groups_len, entry / GROUP, &from);
    const uint8_t *ends = section->groups + from;
    if (len < GROUP)
        return false;
    *ret_begin = from + GROUP;
    *ret = (struct range){in > 0 ? ends[in - 1] : 0, ends[in]};
    if (ends[0] == GROUP_WIDE) {
        uint16_t wide[GROUP];
        if (len < GROUP + sizeof wide)
            return false;
        memcpy(wide, ends + GROUP, sizeof wide);
        *ret_begin = from + GROUP + sizeof wide;
        *ret = (struct range){in > 0 ? wide[in - 1] : 0, wide[in]};
    }
    return ret->from <= ret->to &&
           (ret->to * section->entry_width + 7) / 8 <= from + len - *ret_begin;
}

size_t section_entry(const struct names_section *section, uint32_t entry,
                     uint32_t ret[ENTRY_WORD_MAX])
{
    size_t begin;
    struct range words;
    if (entry >= section->entry_count || !group_open(section, entry, &begin, &words))
        return 0;
    unsigned width = section->entry_width, id_bits = width - WORD_MARK_BITS;
    size_t count = words.to - words.from;
    count = count < ENTRY_WORD_MAX ? count : ENTRY_WORD_MAX;
    for (size_t i = 0; i < count; i++) {
        uint32_t word = bits_get(section->groups + begin, (words.from + i) * width, width);
        uint32_t marks = word >> id_bits;
        ret[i] = (word & ((1u << id_bits) - 1)) | marks << PACKED_ROLE_SHIFT;
    }
    return count;
}

void section_prefetch_form(const struct names_section *section, uint32_t id)
{
    if (id < section_word_count(section))
        __builtin_prefetch(&section->forms[id]);
}

void section_prefetch_entry(const struct names_section *section, uint32_t entry, bool is_near)
{
    if (entry >= section->entry_count)
        return;
    if (!is_near) {
        __builtin_prefetch(packed_where(&section->group_at, entry / GROUP));
        return;
    }
    uint32_t at = packed_get(&section->group_at, entry / GROUP);
    if (at >= section->groups_len)
        return;
    __builtin_prefetch(section->groups + at);
    __builtin_prefetch(section->groups + at + 64);
}

static void run_prefetch(const struct packed *at, const struct packed *items, size_t i,
                         bool is_near)
{
    if (!is_near) {
        __builtin_prefetch(packed_where(at, i));
        return;
    }
    uint32_t from = packed_get(at, i);
    if (from < items->count)
        __builtin_prefetch(packed_where(items, from));
}

void section_prefetch_bucket(const struct names_section *section, enum names_directory directory,
                             uint32_t key, bool is_near)
{
    run_prefetch(&section->bucket_at[directory], &section->ids[directory],
                 names_bucket(key, section->bits[directory]), is_near);
}

void section_prefetch_list(const struct names_section *section, uint32_t id, bool is_near)
{
    if (id < section_word_count(section))
        run_prefetch(&section->post_at, &section->posts, id, is_near);
}
