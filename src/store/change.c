/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one change enters the store. On the writer thread, inside a transaction: resolve what the
 * change stands on (a new number, or the latest version of a record), refuse it if that does not
 * fit, write its rows.
 *
 *   change row   every step for ever: who, when, which definition and owner, state, the salted hash
 *                of the body, and chain = SHA-256(previous chain || this row), so that no row can
 *                be altered or left out unseen
 *   body row     salt, content, packed ids of the blobs it shows; gone after an erasure, while the
 *                change rows stay
 *
 * A STATE change has no body of its own: its `body` column names the seq whose body goes on. NULL
 * columns cost nothing in SQLite, so what is the same for every first version is stored as NULL
 * (previous, body, entered, batch).
 *
 * A refusal concerns one change and leaves no trace; an SQL error loses the transaction.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/internal.h"

/* What a change stands on and becomes. */
struct step {
    uint64_t number, previous, body, entered_us;
    uint32_t version, definition, owner, actor;
    enum state state, state_before;
    uint16_t definition_version;
    struct hash hash;
    bool has_hash, is_new;
};

static enum err refuse(struct committed *result, enum err code)
{
    result->failed = code;
    return OK;
}

/* ---- what every record must say ---- */

static bool cut(str *text, const char *piece)
{
    str word = str_c(piece);
    bool is_there = str_starts(*text, word);
    if (is_there)
        *text = str_from(*text, word.len);
    return is_there;
}

/* The rest of a JSON string behind its opening quote; false when it is empty or has no end. */
static bool cut_text(str *text, str *ret)
{
    size_t end = str_find(*text, '"');
    if (end && memchr(text->ptr, '\\', end)) /* hardly ever: then sign by sign */
        for (end = 0; end < text->len && text->ptr[end] != '"';)
            end += text->ptr[end] == '\\' ? 2 : 1;
    if (end >= text->len || end == 0)
        return false;
    *ret = str_slice(*text, 0, end);
    *text = str_from(*text, end + 1);
    return true;
}

/*
 * Owner, purpose and review date, in the one order in which canonical bodies have them: owner,
 * unit, ref, purposes, review_on. The model has checked them long before; that no way into the
 * store leads past it is checked here, on the bytes, at the cost of a few comparisons a row.
 */
static enum err check_head(const struct change *change)
{
    str rest = change->body, owner = STR_EMPTY, text = STR_EMPTY, review = STR_EMPTY;
    struct day day;
    bool has_owner = cut(&rest, "{\"envelope\":{\"owner\":\"") && cut_text(&rest, &owner);
    if (!has_owner || !str_eq(owner, change->owner))
        return err_set(ERR_MISSING, "the body of a record begins with its owner, here \"%.*s\"",
                       STR(change->owner));
    if ((cut(&rest, ",\"unit\":\"") && !cut_text(&rest, &text)) ||
        (cut(&rest, ",\"ref\":\"") && !cut_text(&rest, &text)))
        return err_set(ERR_DAMAGED, "the unit or reference of a record has no end");
    if (!cut(&rest, ",\"purposes\":[\"") || !cut_text(&rest, &text))
        return err_set(ERR_MISSING, "a record needs a purpose");
    while (cut(&rest, ",\"") && cut_text(&rest, &text))
        continue;
    if (!cut(&rest, "],\"review_on\":\"") || !cut_text(&rest, &review) || !day_parse(review, &day))
        return err_set(ERR_MISSING, "a record needs a review date");
    return OK;
}

enum err change_check(const struct change *change)
{
    bool is_put = change->kind == CHANGE_PUT;
    if (change->number == 0 && !is_put)
        return err_set(ERR_MISSING, "a change of state needs the record's number");
    if (is_put && (str_is_empty(change->definition) || str_is_empty(change->owner) ||
                   str_is_empty(change->body)))
        return err_set(ERR_MISSING, "a record needs a definition, an owner and a body");
    if (str_is_empty(change->actor))
        return err_set(ERR_MISSING, "a change needs the officer who makes it");
    if (change->body.len > STORE_BODY_MAX)
        return err_set(ERR_LIMIT, "a body is limited to %d bytes, this one has %zu", STORE_BODY_MAX,
                       change->body.len);
    if (change->attachment_count > STORE_ATTACHMENTS_MAX)
        return err_set(ERR_LIMIT, "a record is limited to %d attachments, this one has %zu",
                       STORE_ATTACHMENTS_MAX, change->attachment_count);
    if ((unsigned)change->state >= STATE_COUNT || (unsigned)change->kind > CHANGE_ERASE)
        return err_set(ERR_BAD_VALUE, "state %d of a change is not known", (int)change->state);
    return is_put ? check_head(change) : OK;
}

/* ---- the chain ---- */

static void put_number(char **at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *(*at)++ = (char)(value >> (8 * i) & 0xFF);
}

void skeleton_chain(const struct skeleton *s, struct hash *chain)
{
    char fixed[64];
    char *at = fixed;
    put_number(&at, s->seq, 8);
    put_number(&at, s->number, 8);
    put_number(&at, s->version, 4);
    put_number(&at, s->kind, 1);
    put_number(&at, s->state, 1);
    put_number(&at, s->definition_version, 2);
    put_number(&at, (uint64_t)s->time_us, 8);
    put_number(&at, s->batch, 8);
    put_number(&at, s->definition.len, 4);
    put_number(&at, s->owner.len, 4);
    put_number(&at, s->actor.len, 4);
    const str pieces[] = {str_of((const char *)chain->bytes, HASH_SIZE),
                          str_of(fixed, (size_t)(at - fixed)),
                          s->definition,
                          s->owner,
                          s->actor,
                          str_of((const char *)s->hash->bytes, HASH_SIZE)};
    struct hash next;
    sha256_pieces(pieces, COUNT_OF(pieces), &next);
    *chain = next;
}

/* ---- resolving ---- */

static enum err word_of(struct store *store, str text, uint32_t *ret)
{
    *ret = words_find(&store->words, text);
    if (*ret || str_is_empty(text))
        return OK;
    TRY(words_add(&store->words, text, ret));
    sqlite3_stmt *stmt = statement(store->writer, SQL_ADD_WORD);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, *ret);
    bind_bytes(stmt, 2, text);
    return statement_run(store->writer, stmt);
}

static void resolve_new(struct store *store, const struct change *change, struct step *step)
{
    step->is_new = true;
    step->number = store->head.number + 1;
    step->version = 1;
    step->state = change->state;
    step->definition_version = change->definition_version;
}

/* Whether `change` fits the latest version in stmt's row; OK or the refusal. */
static enum err fits(const struct change *change, const struct step *step, sqlite3_stmt *row)
{
    uint32_t version = (uint32_t)sqlite3_column_int64(row, COLUMN_VERSION);
    if (sqlite3_column_int(row, COLUMN_KIND) == CHANGE_ERASE)
        return err_set(ERR_GONE, "the record was erased");
    if (change->expect_version && change->expect_version != version)
        return err_set(ERR_STALE, "the record is at version %u, not %u", version,
                       change->expect_version);
    if (step->definition &&
        step->definition != (uint32_t)sqlite3_column_int64(row, COLUMN_DEFINITION))
        return err_set(ERR_CONFLICT, "the record is not a %.*s", STR(change->definition));
    if (step->owner && step->owner != (uint32_t)sqlite3_column_int64(row, COLUMN_OWNER))
        return err_set(ERR_CONFLICT, "the record is not owned by %.*s", STR(change->owner));
    return OK;
}

static void stand_on(const struct change *change, struct step *step, sqlite3_stmt *row)
{
    step->number = change->number;
    step->version = (uint32_t)sqlite3_column_int64(row, COLUMN_VERSION) + 1;
    step->previous = (uint64_t)sqlite3_column_int64(row, COLUMN_SEQ);
    step->definition = (uint32_t)sqlite3_column_int64(row, COLUMN_DEFINITION);
    step->owner = (uint32_t)sqlite3_column_int64(row, COLUMN_OWNER);
    step->state_before = (enum state)sqlite3_column_int(row, COLUMN_STATE);
    step->state = change->kind == CHANGE_ERASE ? STATE_DELETED : change->state;
    int64_t entered = sqlite3_column_int64(row, COLUMN_ENTERED);
    step->entered_us = (uint64_t)(entered ? entered : sqlite3_column_int64(row, COLUMN_TIME));
    bool is_put = change->kind == CHANGE_PUT;
    step->definition_version = is_put
                                   ? change->definition_version
                                   : (uint16_t)sqlite3_column_int(row, COLUMN_DEFINITION_VERSION);
    if (change->kind != CHANGE_STATE)
        return;
    int64_t body = sqlite3_column_int64(row, COLUMN_BODY);
    step->body = body ? (uint64_t)body : step->previous;
    str hash = column_bytes(row, COLUMN_HASH);
    step->has_hash = hash.len == HASH_SIZE;
    if (step->has_hash)
        memcpy(step->hash.bytes, hash.ptr, HASH_SIZE);
}

static enum err resolve_old(struct store *store, const struct change *change, struct step *step,
                            struct committed *result)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_LATEST);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)change->number);
    int got = sqlite3_step(stmt);
    enum err code = OK;
    if (got == SQLITE_ROW) {
        result->failed = fits(change, step, stmt);
        stand_on(change, step, stmt);
        if (store->guard && !change->is_of_holder && change->kind != CHANGE_ERASE)
            step->state = store->guard(store->guard_context, step->number, step->state);
    } else if (got == SQLITE_DONE) {
        result->failed = err_set(ERR_NOT_FOUND, "the record is not here");
    } else {
        code = connection_error(store->writer, "cannot read the latest version");
    }
    sqlite3_reset(stmt);
    return code;
}

static enum err check_attachments(struct store *store, const struct change *change,
                                  struct committed *result)
{
    for (size_t i = 0; i < change->attachment_count && !result->failed; i++) {
        bool is_known = false;
        TRY(blob_is_known(store->writer, &change->attachments[i], &is_known));
        if (!is_known)
            TRY(refuse(result, err_set(ERR_NOT_FOUND,
                                       "attachment %zu of the change is not in the store", i + 1)));
    }
    return OK;
}

static enum err resolve(struct store *store, const struct change *change,
                        const struct prepared *prepared, struct step *step,
                        struct committed *result)
{
    enum err refusal = change_check(change);
    if (refusal)
        return refuse(result, refusal);
    TRY(word_of(store, change->definition, &step->definition));
    TRY(word_of(store, change->owner, &step->owner));
    TRY(word_of(store, change->actor, &step->actor));
    if (change->number)
        TRY(resolve_old(store, change, step, result));
    else
        resolve_new(store, change, step);
    if (change->attachment_count)
        TRY(check_attachments(store, change, result));
    if (change->kind == CHANGE_PUT) {
        step->hash = prepared->hash;
        step->has_hash = true;
    }
    return OK;
}

/* ---- writing ---- */

static void bind_or_null(sqlite3_stmt *stmt, int at, uint64_t value)
{
    if (value)
        sqlite3_bind_int64(stmt, at, (sqlite3_int64)value);
    else
        sqlite3_bind_null(stmt, at);
}

static void advance(struct store *store, const struct change *change, const struct step *step)
{
    static const struct hash none;
    store->head.seq++;
    if (step->is_new)
        store->head.number = step->number;
    const struct skeleton skeleton = {.seq = store->head.seq,
                                      .number = step->number,
                                      .batch = change->batch,
                                      .time_us = store->transaction_time_us,
                                      .version = step->version,
                                      .kind = (uint8_t)change->kind,
                                      .state = (uint8_t)step->state,
                                      .definition_version = step->definition_version,
                                      .definition = words_text(&store->words, step->definition),
                                      .owner = words_text(&store->words, step->owner),
                                      .actor = change->actor,
                                      .hash = step->has_hash ? &step->hash : &none};
    skeleton_chain(&skeleton, &store->head.chain);
}

static enum err write_change(struct store *store, const struct change *change,
                             const struct step *step)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_ADD_CHANGE);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)store->head.seq);
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)step->number);
    sqlite3_bind_int64(stmt, 3, step->version);
    bind_or_null(stmt, 4, step->previous);
    bind_or_null(stmt, 5, step->body);
    sqlite3_bind_int64(stmt, 6, step->definition);
    sqlite3_bind_int64(stmt, 7, step->definition_version);
    sqlite3_bind_int64(stmt, 8, step->owner);
    sqlite3_bind_int64(stmt, 9, step->state);
    sqlite3_bind_int64(stmt, 10, change->kind);
    sqlite3_bind_int64(stmt, 11, store->transaction_time_us);
    bind_or_null(stmt, 12, step->entered_us);
    bind_or_null(stmt, 13, change->batch);
    sqlite3_bind_int64(stmt, 14, step->actor);
    if (step->has_hash)
        bind_bytes(stmt, 15, str_of((const char *)step->hash.bytes, HASH_SIZE));
    else
        sqlite3_bind_null(stmt, 15);
    bind_bytes(stmt, 16, str_of((const char *)store->head.chain.bytes, HASH_SIZE));
    return statement_run(store->writer, stmt);
}

static enum err write_body(struct store *store, const struct change *change,
                           const struct prepared *prepared)
{
    int64_t packed[STORE_ATTACHMENTS_MAX];
    for (size_t i = 0; i < change->attachment_count; i++)
        packed[i] = blob_id(&change->attachments[i]);
    str blobs = str_of((const char *)packed, change->attachment_count * sizeof *packed);
    sqlite3_stmt *stmt = statement(store->writer, SQL_ADD_BODY);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)store->head.seq);
    bind_bytes(stmt, 2, str_of((const char *)prepared->salt.bytes, SALT_SIZE));
    bind_bytes(stmt, 3, change->body);
    if (blobs.len)
        bind_bytes(stmt, 4, blobs);
    else
        sqlite3_bind_null(stmt, 4);
    TRY(statement_run(store->writer, stmt));
    return blobs.len ? blobs_use(store->writer, blobs, 1) : OK;
}

static enum err add_span(struct store *store, uint32_t definition, uint64_t number)
{
    uint64_t block = number >> SPAN_BITS;
    struct last_span *span = store->spans;
    struct last_span *end = store->spans + store->span_count;
    while (span < end && span->definition != definition)
        span++;
    if (span < end && span->block == block)
        return OK;
    sqlite3_stmt *stmt = statement(store->writer, SQL_ADD_SPAN);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, definition);
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)block);
    TRY(statement_run(store->writer, stmt));
    if (span == end && store->span_count < COUNT_OF(store->spans))
        store->span_count++;
    else if (span == end) /* more definitions than a catalog holds: the memory of one is given up */
        span = store->spans;
    *span = (struct last_span){definition, block};
    return OK;
}

static enum err write_record(struct store *store, const struct step *step)
{
    sqlite3_stmt *stmt = statement(store->writer, step->is_new ? SQL_ADD_RECORD : SQL_MOVE_RECORD);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)step->number);
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)store->head.seq);
    sqlite3_bind_int64(stmt, 3, step->state);
    if (step->is_new) {
        sqlite3_bind_int64(stmt, 4, step->definition);
        sqlite3_bind_int64(stmt, 5, step->owner);
    }
    TRY(statement_run(store->writer, stmt));
    return step->is_new ? add_span(store, step->definition, step->number) : OK;
}

static enum err count_step(struct store *store, const struct step *step)
{
    if (store->delta_count + 2 > store->delta_size) {
        size_t size = store->delta_size ? store->delta_size * 2 : 1024;
        struct delta *grown = realloc(store->deltas, size * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for the transaction's counts");
        store->deltas = grown;
        store->delta_size = size;
    }
    struct delta delta = {step->definition, step->owner, (uint8_t)step->state, 1};
    store->deltas[store->delta_count++] = delta;
    if (step->is_new)
        return OK;
    delta.state = (uint8_t)step->state_before;
    delta.by = -1;
    store->deltas[store->delta_count++] = delta;
    return OK;
}

/* ---- erasing ---- */

static enum err drop_body(struct store *store, uint64_t seq)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_BODY_BLOBS);
    if (!stmt)
        return err_last()->code;
    int64_t packed[STORE_ATTACHMENTS_MAX];
    size_t size = 0;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)seq);
    int got = sqlite3_step(stmt);
    if (got == SQLITE_ROW) {
        str blobs = column_bytes(stmt, 0);
        size = blobs.len <= sizeof packed ? blobs.len : sizeof packed;
        memcpy(packed, blobs.ptr, size);
    }
    sqlite3_reset(stmt);
    if (got != SQLITE_ROW && got != SQLITE_DONE)
        return connection_error(store->writer, "cannot read a body");
    if (size)
        TRY(blobs_use(store->writer, str_of((const char *)packed, size), -1));
    stmt = statement(store->writer, SQL_DROP_BODY);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)seq);
    return statement_run(store->writer, stmt);
}

/* Every version's body, newest first along `previous`. */
static enum err drop_bodies(struct store *store, uint64_t seq)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_VERSION);
    if (!stmt)
        return err_last()->code;
    while (seq) {
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)seq);
        int got = sqlite3_step(stmt);
        uint64_t previous =
            got == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, COLUMN_PREVIOUS) : 0;
        sqlite3_reset(stmt);
        if (got != SQLITE_ROW)
            return err_set(ERR_DAMAGED, "change %llu is missing from the store",
                           (unsigned long long)seq);
        TRY(drop_body(store, seq));
        seq = previous;
    }
    return OK;
}

/* ---- one change, one job ---- */

static enum err apply(struct store *store, const struct change *change,
                      const struct prepared *prepared, struct committed *result)
{
    struct step step = {0};
    *result = (struct committed){0};
    TRY(resolve(store, change, prepared, &step, result));
    if (result->failed)
        return OK;
    advance(store, change, &step);
    TRY(write_change(store, change, &step));
    if (change->kind == CHANGE_PUT)
        TRY(write_body(store, change, prepared));
    if (change->kind == CHANGE_ERASE)
        TRY(drop_bodies(store, step.previous));
    TRY(write_record(store, &step));
    TRY(count_step(store, &step));
    recent_add(store->filling, &(struct recent){.change = change,
                                                .hash = step.hash,
                                                .number = step.number,
                                                .entered_us = (int64_t)step.entered_us,
                                                .version = step.version,
                                                .state = step.state});
    *result = (struct committed){.seq = store->head.seq,
                                 .id = {store->home, step.number},
                                 .version = step.version};
    return OK;
}

static void keep_refusal(struct job *job, enum err code)
{
    if (job->code)
        return;
    job->code = code;
    job->info = *err_last();
}

/* Words outlive a savepoint, so they are made before it. */
static enum err make_words(struct store *store, const struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const str texts[] = {job->changes[i].definition, job->changes[i].owner,
                             job->changes[i].actor};
        uint32_t id = 0;
        for (size_t k = 0; k < COUNT_OF(texts); k++)
            TRY(word_of(store, texts[k], &id));
    }
    return OK;
}

static enum err apply_all(struct store *store, struct job *job)
{
    for (job->applied = 0; job->applied < job->count && !job->code; job->applied++) {
        struct committed *result = &job->results[job->applied];
        TRY(apply(store, &job->changes[job->applied], &job->prepared[job->applied], result));
        if (result->failed)
            keep_refusal(job, result->failed);
    }
    return OK;
}

static enum err apply_together(struct store *store, struct job *job)
{
    struct head head = store->head;
    size_t delta_count = store->delta_count;
    size_t recent_count = store->filling->recent_count;
    TRY(make_words(store, job));
    TRY(connection_run(store->writer, SQL_SAVEPOINT));
    TRY(apply_all(store, job));
    if (job->code) {
        TRY(connection_run(store->writer, SQL_ROLLBACK_TO));
        store->head = head;
        store->delta_count = delta_count;
        recent_cut(store->filling, recent_count);
        store->span_count = 0; /* forget which blocks are noted; noting again is harmless */
        for (size_t i = 0; i < job->count; i++)
            job->results[i] = (struct committed){.failed = job->code};
        job->applied = job->count;
    }
    return connection_run(store->writer, SQL_RELEASE);
}

enum err job_apply(struct store *store, struct job *job, size_t upto)
{
    if (job->is_all_or_none && job->count > 1)
        return apply_together(store, job);
    for (; job->applied < upto; job->applied++) {
        struct committed *result = &job->results[job->applied];
        TRY(apply(store, &job->changes[job->applied], &job->prepared[job->applied], result));
        if (result->failed && job->count == 1)
            keep_refusal(job, result->failed);
    }
    return OK;
}
