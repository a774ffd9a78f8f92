/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_rarity: a frozen table of frequencies made ready for near words: its words laid out
 * as a names section without a single entry, so that the same channels that find candidates in the
 * index find them here, and what they find can be counted.
 */
#include <pthread.h>
#include <stdlib.h>

#include "index/names_internal.h"

struct making {
    struct rarity *rarity;
    struct names_builder *builder;
    struct arena arena;
};

static enum err word_add(void *context, enum name_script script, str native, uint32_t bearers)
{
    struct making *making = context;
    struct name_token token;
    (void)bearers;
    arena_reset(&making->arena);
    return name_word(script, native, &making->arena, &token)
               ? names_builder_word(making->builder, &token)
               : OK;
}

static enum err bearers_set(void *context, enum name_script script, str native, uint32_t bearers)
{
    struct making *making = context;
    struct names_part part = {.section = making->rarity->section};
    struct name_token token;
    uint32_t id;
    arena_reset(&making->arena);
    if (name_word(script, native, &making->arena, &token) &&
        part_find(&part, token.script, token.native, &id)) {
        making->rarity->bearers[id] = bearers;
        making->rarity->shares[id] =
            frequencies_shares(making->rarity->frequencies, script, native);
    }
    return OK;
}

static enum err bearers_make(struct making *making)
{
    struct rarity *rarity = making->rarity;
    rarity->count = section_word_count(rarity->section);
    rarity->bearers = calloc(rarity->count + 1, sizeof *rarity->bearers);
    rarity->shares = calloc(rarity->count + 1, sizeof *rarity->shares);
    if (!rarity->bearers || !rarity->shares)
        return err_set(ERR_MEMORY, "out of memory for %zu name frequencies", rarity->count);
    return frequencies_each(rarity->frequencies, bearers_set, making);
}

enum err rarity_new(const struct frequencies *frequencies, struct rarity **ret)
{
    struct making making = {.rarity = calloc(1, sizeof *making.rarity)};
    struct rarity *rarity = making.rarity;
    if (!rarity)
        return err_set(ERR_MEMORY, "out of memory for name frequencies");
    rarity->frequencies = frequencies;
    rarity->bytes.max = (size_t)4 << 30;
    enum err code = names_builder_new(&making.builder);
    if (!code)
        code = frequencies_each(frequencies, word_add, &making);
    if (!code)
        code = names_builder_finish(making.builder, 0, &rarity->bytes);
    if (!code)
        code = names_section_open(buf_str(&rarity->bytes), 0, &rarity->section);
    if (!code)
        code = bearers_make(&making);
    names_builder_free(making.builder);
    arena_release(&making.arena);
    if (code)
        rarity_free(rarity);
    else
        *ret = rarity;
    return code;
}

void rarity_free(struct rarity *rarity)
{
    if (!rarity)
        return;
    names_section_close(rarity->section);
    buf_release(&rarity->bytes);
    free(rarity->bearers);
    free(rarity->shares);
    free(rarity);
}

const struct frequencies *rarity_frequencies(const struct rarity *rarity)
{
    return rarity->frequencies;
}

static struct rarity *shipped;
static pthread_once_t shipped_once = PTHREAD_ONCE_INIT;

static void shipped_make(void)
{
    ensure(rarity_new(frequencies_shipped(), &shipped) == OK);
}

const struct rarity *rarity_shipped(void)
{
    pthread_once(&shipped_once, shipped_make);
    return shipped;
}
