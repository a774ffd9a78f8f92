/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/frequency: see frequency.h. A table in memory is an open table of (64-bit hash of script
 * and word, bearers): one cache line a look-up. Two words that share a hash would share a count;
 * with a million words that is one chance in ten million, and no more than a wrong rarity.
 */
#include "text/frequency.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "text/tables.h"

enum { UNLISTED_LENGTHS = NAME_WORD_MAX + 1, SLOTS_MIN = 64 };

struct slot {
    uint64_t hash; /* 0: empty */
    uint32_t bearers;
    uint32_t shares; /* number of its row, + 1 */
};
struct frequencies {
    struct frequency_facts facts;
    float cultures[CULTURES]; /* persons, then P(c) */
    bool has_cultures;
    uint8_t (*shares)[CULTURES];
    size_t share_count, share_size;
    uint32_t unlisted[UNLISTED_LENGTHS]; /* by letters */
    struct slot *slots;
    size_t slot_count; /* power of two */
    char *text;
    size_t text_len;
};

static uint64_t word_hash(enum name_script script, str native)
{
    uint64_t hash = hash64(native, 1000 + (uint64_t)script);
    return hash ? hash : 1;
}

/* ---- reading ---- */

static bool script_of(str word, enum name_script *ret)
{
    for (enum name_script s = NAME_LATIN; s <= NAME_OTHER; s++) {
        if (str_eq_c(word, name_script_word(s))) {
            *ret = s;
            return true;
        }
    }
    return false;
}

struct row { /* a line's cells; cell_count 2: a fact */
    str cells[4];
    size_t cell_count;
};

static void row_cut(str line, struct row *ret)
{
    ret->cell_count = 0;
    while (ret->cell_count < 4 && str_split(&line, '\t', &ret->cells[ret->cell_count]))
        ret->cell_count++;
}

static struct slot *slot_for(struct slot *slots, size_t count, uint64_t hash)
{
    size_t at = hash & (count - 1);
    while (slots[at].hash && slots[at].hash != hash)
        at = (at + 1) & (count - 1);
    return &slots[at];
}

static enum err take_unlisted(struct frequencies *table, const struct row *row)
{
    uint64_t letters = 0;
    uint64_t bearers = 0;
    if (!str_to_u64(row->cells[1], UNLISTED_LENGTHS - 1, &letters) ||
        !str_to_u64(row->cells[2], UINT32_MAX, &bearers) || bearers < FREQUENCY_FLOOR)
        return err_set(ERR_DAMAGED, "bad row for unlisted words");
    for (size_t i = letters; i < UNLISTED_LENGTHS; i++)
        table->unlisted[i] = (uint32_t)bearers;
    return OK;
}

static bool culture_of(str letter, size_t *ret)
{
    for (size_t c = 0; c < CULTURES; c++) {
        if (letter.len == 1 && letter.ptr[0] == culture_letter(c)) {
            *ret = c;
            return true;
        }
    }
    return false;
}

static enum err take_culture(struct frequencies *table, const struct row *row)
{
    uint64_t persons = 0;
    size_t culture = 0;
    if (!culture_of(row->cells[1], &culture) || !str_to_u64(row->cells[2], UINT32_MAX, &persons) ||
        persons < FREQUENCY_FLOOR)
        return err_set(ERR_DAMAGED, "the row is not a culture's letter and its persons");
    table->cultures[culture] = (float)persons;
    table->has_cultures = true;
    return OK;
}

/* "a60 f40". */
static enum err take_shares(struct frequencies *table, str cell, struct slot *slot)
{
    if (table->share_count == table->share_size) {
        size_t size = table->share_size ? table->share_size * 2 : SLOTS_MIN;
        void *grown = realloc(table->shares, size * sizeof *table->shares);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for %zu name frequencies", size);
        table->shares = grown;
        table->share_size = size;
    }
    uint8_t *shares = table->shares[table->share_count++];
    memset(shares, 0, CULTURES);
    str share;
    while (str_split(&cell, ' ', &share)) {
        uint64_t hundredths = 0;
        size_t culture = 0;
        if (!culture_of(str_slice(share, 0, 1), &culture) || table->cultures[culture] <= 0 ||
            !str_to_u64(str_from(share, 1), 100, &hundredths))
            return err_set(ERR_DAMAGED, "'%.*s' is not a share of a culture", STR(share));
        shares[culture] = (uint8_t)hundredths;
    }
    slot->shares = (uint32_t)table->share_count;
    return OK;
}

static enum err take_word(struct frequencies *table, const struct row *row)
{
    enum name_script script;
    uint64_t bearers = 0;
    if (!script_of(row->cells[0], &script) || row->cells[1].len == 0 ||
        !str_to_u64(row->cells[2], UINT32_MAX, &bearers) || bearers < FREQUENCY_FLOOR)
        return err_set(ERR_DAMAGED, "the row is not script, word and bearers");
    uint64_t hash = word_hash(script, row->cells[1]);
    struct slot *slot = slot_for(table->slots, table->slot_count, hash);
    if (slot->hash)
        return err_set(ERR_DAMAGED, "the word was there before");
    *slot = (struct slot){hash, (uint32_t)bearers, 0};
    table->facts.words++;
    return row->cell_count == 4 ? take_shares(table, row->cells[3], slot) : OK;
}

static enum err take_fact(struct frequencies *table, const struct row *row)
{
    uint64_t number = 0;
    if (!str_to_u64(row->cells[1], INT64_MAX, &number))
        return err_set(ERR_DAMAGED, "'%.*s' is not a number", STR(row->cells[1]));
    if (str_eq(row->cells[0], S("persons")))
        table->facts.persons = number;
    else if (str_eq(row->cells[0], S("seq")))
        table->facts.seq = number;
    else if (!str_eq(row->cells[0], S("tables")))
        return err_set(ERR_DAMAGED, "'%.*s' is not known", STR(row->cells[0]));
    else if (number != NAME_TABLES_VERSION)
        return err_set(ERR_VERSION, "made with name tables %llu, this program has %d",
                       (unsigned long long)number, NAME_TABLES_VERSION);
    return OK;
}

static enum err take_line(struct frequencies *table, str line)
{
    struct row row;
    row_cut(line, &row);
    if (row.cell_count == 2)
        return take_fact(table, &row);
    if (row.cell_count < 2)
        return err_set(ERR_DAMAGED, "the row has no tab");
    if (str_eq(row.cells[0], S("culture")))
        return take_culture(table, &row);
    return str_eq(row.cells[0], S("unlisted")) ? take_unlisted(table, &row)
                                               : take_word(table, &row);
}

static enum err take_lines(struct frequencies *table)
{
    str rest = str_of(table->text, table->text_len);
    str line;
    for (uint32_t number = 1; str_split(&rest, '\n', &line); number++) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        enum err code = take_line(table, line);
        if (code) {
            struct err_info kept = *err_last();
            return err_at(code, "", number, 1, "name frequencies: %s", kept.message);
        }
    }
    float persons = 0;
    for (size_t c = 0; c < CULTURES; c++)
        persons += table->cultures[c];
    for (size_t c = 0; c < CULTURES && persons > 0; c++)
        table->cultures[c] /= persons;
    return table->facts.persons > 0
               ? OK
               : err_set(ERR_DAMAGED, "name frequencies do not say how many persons were counted");
}

enum err frequencies_read(str text, struct frequencies **ret)
{
    if (!utf8_is_valid(text))
        return err_set(ERR_DAMAGED, "name frequencies are not UTF-8");
    struct frequencies *table = calloc(1, sizeof *table);
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    if (table) {
        table->slot_count = SLOTS_MIN;
        while (table->slot_count < lines * 2)
            table->slot_count *= 2;
        table->slots = calloc(table->slot_count, sizeof *table->slots);
        table->text = malloc(text.len + 1);
    }
    if (!table || !table->slots || !table->text) {
        frequencies_free(table);
        return err_set(ERR_MEMORY, "out of memory for %zu name frequencies", lines);
    }
    if (text.len)
        memcpy(table->text, text.ptr, text.len);
    table->text_len = text.len;
    table->facts.id = hash64(text, 0);
    for (size_t i = 0; i < UNLISTED_LENGTHS; i++)
        table->unlisted[i] = FREQUENCY_FLOOR;
    enum err code = take_lines(table);
    if (code)
        frequencies_free(table);
    else
        *ret = table;
    return code;
}

void frequencies_free(struct frequencies *frequencies)
{
    if (!frequencies)
        return;
    free(frequencies->slots);
    free(frequencies->shares);
    free(frequencies->text);
    free(frequencies);
}

static struct frequencies *shipped;
static pthread_once_t shipped_once = PTHREAD_ONCE_INIT;

static void shipped_read(void)
{
    ensure(frequencies_read(table_text(TABLE_FREQUENCIES), &shipped) == OK);
}

const struct frequencies *frequencies_shipped(void)
{
    pthread_once(&shipped_once, shipped_read);
    return shipped;
}

struct frequency_facts frequencies_facts(const struct frequencies *frequencies)
{
    return frequencies->facts;
}

/* ---- looking up ---- */

uint32_t frequencies_listed(const struct frequencies *frequencies, enum name_script script,
                            str native)
{
    uint64_t hash = word_hash(script, native);
    return slot_for(frequencies->slots, frequencies->slot_count, hash)->bearers;
}

const float *frequencies_cultures(const struct frequencies *frequencies)
{
    return frequencies->has_cultures ? frequencies->cultures : NULL;
}

const uint8_t *frequencies_shares(const struct frequencies *frequencies, enum name_script script,
                                  str native)
{
    uint64_t hash = word_hash(script, native);
    const struct slot *slot = slot_for(frequencies->slots, frequencies->slot_count, hash);
    return slot->shares ? frequencies->shares[slot->shares - 1] : NULL;
}

uint32_t frequencies_unlisted(const struct frequencies *frequencies, size_t letters)
{
    return frequencies->unlisted[letters < UNLISTED_LENGTHS ? letters : UNLISTED_LENGTHS - 1];
}

uint64_t frequencies_persons(const struct frequencies *frequencies)
{
    return frequencies->facts.persons;
}

double frequencies_bits(const void *frequencies, const struct name_token *token)
{
    const struct frequencies *table = frequencies;
    uint32_t bearers = frequencies_listed(table, token->script, token->native);
    if (bearers == 0)
        bearers = frequencies_unlisted(table, token->readings[0].len);
    double share = (double)table->facts.persons / (double)bearers;
    return share > 1 ? log2(share) : 0;
}

/* ---- comparing ---- */

struct change {
    str script, word;
    uint32_t before, after;
    double size;
};
struct changes {
    const struct frequencies *from, *to;
    struct change *items;
    size_t count, size;
};

static int change_order(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;
    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    int order = str_compare(a->script, b->script);
    return order ? order : str_compare(a->word, b->word);
}

/* In bits of rarity: a word that doubled among common ones matters as one among rare ones. */
static double change_size(const struct frequencies *from, const struct frequencies *to,
                          const struct change *change)
{
    double before =
        (change->before ? change->before : FREQUENCY_FLOOR) / (double)from->facts.persons;
    double after = (change->after ? change->after : FREQUENCY_FLOOR) / (double)to->facts.persons;
    return fabs(log2(after / before));
}

enum err frequencies_each(const struct frequencies *frequencies, frequency_visit *visit,
                          void *context)
{
    str rest = str_of(frequencies->text, frequencies->text_len);
    str line;
    while (str_split(&rest, '\n', &line)) {
        struct row row;
        enum name_script script;
        uint64_t bearers = 0;
        row_cut(line, &row);
        if (row.cell_count >= 3 && script_of(row.cells[0], &script) &&
            str_to_u64(row.cells[2], UINT32_MAX, &bearers))
            TRY(visit(context, script, row.cells[1], (uint32_t)bearers));
    }
    return OK;
}

static enum err change_add(struct changes *changes, struct change change)
{
    if (changes->count == changes->size) {
        size_t size = changes->size ? changes->size * 2 : 1024;
        struct change *grown = realloc(changes->items, size * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for %zu changed words", size);
        changes->items = grown;
        changes->size = size;
    }
    change.size = change_size(changes->from, changes->to, &change);
    changes->items[changes->count++] = change;
    return OK;
}

static enum err take_after(void *context, enum name_script script, str word, uint32_t after)
{
    struct changes *changes = context;
    uint32_t before = frequencies_listed(changes->from, script, word);
    if (before == after)
        return OK;
    return change_add(changes,
                      (struct change){str_c(name_script_word(script)), word, before, after, 0});
}

static enum err take_gone(void *context, enum name_script script, str word, uint32_t before)
{
    struct changes *changes = context;
    if (frequencies_listed(changes->to, script, word))
        return OK;
    return change_add(changes,
                      (struct change){str_c(name_script_word(script)), word, before, 0, 0});
}

enum err frequencies_compare(const struct frequencies *from, const struct frequencies *to,
                             size_t max, frequency_change *take, void *context)
{
    struct changes changes = {.from = from, .to = to};
    enum err code = frequencies_each(to, take_after, &changes);
    if (!code)
        code = frequencies_each(from, take_gone, &changes);
    if (changes.count)
        qsort(changes.items, changes.count, sizeof *changes.items, change_order);
    for (size_t i = 0; !code && i < changes.count && i < max; i++) {
        const struct change *change = &changes.items[i];
        take(context, change->script, change->word, change->before, change->after);
    }
    free(changes.items);
    return code;
}
