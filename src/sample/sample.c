/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the world out: for each definition that says how many of it there are, one file, record by
 * record. A body is made, parsed and checked as an import would check it; one that breaks a rule of
 * its definition is made again, differently, and in the end after the definition's own example.
 * Nothing is kept between records but the open files.
 */
#include "sample/sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"
#include "sample/internal.h"

enum {
    ATTEMPTS = 24,
    TRUTH_ONE_IN = 20,
    /* A picture costs an import 10 ms: all of the missing have one, a few of the wanted. */
    WANTED_PICTURE_ONE_IN = 50,
    WANTED_PICTURES_MAX = 200,
    FLUSH_BYTES = 1 << 20,
    PERSONS_MAX = 100000000,
    ARENA_RECORD_MAX = 8 << 20,
};

struct output {
    int fd;
    struct buf pending;
};

struct writer {
    struct world world;
    struct output truth, pictures;
    struct tries tries;
    struct sample_report report;
    uint64_t total, wanted_pictures;
    char path[1024];
};

/* ---- files ---- */

static enum err output_open(struct writer *writer, const char *name, struct output *ret)
{
    int len = snprintf(writer->path, sizeof writer->path, "%s/%s", writer->world.options->directory,
                       name);
    if (len < 0 || (size_t)len >= sizeof writer->path)
        return err_set(ERR_USAGE, "path too long: %s", name);
    *ret = (struct output){.fd = -1};
    return io_open(writer->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, &ret->fd);
}

static enum err output_flush(struct output *output, size_t at_least)
{
    if (output->pending.failed)
        return output->pending.failed;
    if (output->pending.len < at_least)
        return OK;
    TRY(io_write(output->fd, buf_str(&output->pending)));
    buf_clear(&output->pending);
    return OK;
}

static void output_close(struct output *output)
{
    if (output->fd >= 0)
        (void)close(output->fd);
    buf_release(&output->pending);
    output->fd = -1;
}

/* ---- records ---- */

/* An example of the definition, in the envelope of this record: its rules hold by construction. */
static struct node *body_of_example(const struct definition *definition, struct node *body,
                                    uint64_t record, struct arena *arena)
{
    const struct example *example = &definition->examples[record % definition->example_count];
    struct node *made = node_map(arena);
    node_put(made, S("envelope"), node_copy(arena, node_get(body, S("envelope"))));
    node_put(made, S("fields"), node_copy(arena, node_get(example->body, S("fields"))));
    return made;
}

static bool make_record(const struct world *world, const struct definition *definition,
                        const struct person *person, uint64_t number, struct arena *arena,
                        struct node **ret_body, struct record *ret)
{
    struct node *body = NULL;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        body = fill_body(world, definition, person, number, attempt, arena);
        if (record_parse(world->catalog, definition, body, arena, ret) == OK) {
            *ret_body = body;
            return true;
        }
        err_clear();
    }
    if (definition->example_count == 0)
        return false;
    *ret_body = body_of_example(definition, body, number, arena);
    bool is_ok = record_parse(world->catalog, definition, *ret_body, arena, ret) == OK;
    err_clear();
    return is_ok;
}

static enum err write_picture(struct writer *writer, const struct record *record,
                              const struct person *person)
{
    struct random random = world_stream(&writer->world, person, S("picture"), 0, false);
    struct buf jpeg = {0};
    struct hash hash;
    char hex[2 * HASH_SIZE + 1], name[HASH_SIZE * 2 + 32];
    enum err code = picture_draw(&random, person->is_female, &jpeg);
    if (code == OK) {
        sha256(buf_str(&jpeg), &hash);
        hex_encode(hash.bytes, HASH_SIZE, hex);
        (void)snprintf(name, sizeof name, "photographs/%.16s.jpg", hex);
        (void)snprintf(writer->path, sizeof writer->path, "%s/%s", writer->world.options->directory,
                       name);
        code = io_replace(writer->path, buf_str(&jpeg));
        buf_printf(&writer->pictures.pending, "%.*s\t%.*s/%.*s\t%s\t%s\n",
                   STR(record->definition->name), STR(record->envelope.owner),
                   STR(record->envelope.ref), name, hex);
        writer->report.photographs++;
    }
    buf_release(&jpeg);
    return code;
}

/* Pictures go with persons whom somebody looks for. */
static bool has_picture(struct writer *writer, const struct record *record, uint64_t number)
{
    if (record->definition != writer->world.persons)
        return false;
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (!means(value->field, "person-status"))
            continue;
        if (str_eq(value->value.norm, S("missing")))
            return true;
        if (str_starts(value->value.norm, S("wanted")) && number % WANTED_PICTURE_ONE_IN == 0)
            return writer->wanted_pictures++ < WANTED_PICTURES_MAX;
    }
    return false;
}

static enum err write_record(struct writer *writer, const struct definition *definition,
                             uint64_t number, struct arena *arena, struct output *output)
{
    struct person person;
    struct record record;
    struct node *body = NULL;
    const struct world *world = &writer->world;
    world_person(world, world_person_of(world, definition, number), arena, &person);
    if (!make_record(world, definition, &person, number, arena, &body, &record)) {
        writer->report.given_up++;
        return OK;
    }
    node_put_text(arena, body, S("database"), definition->name); /* one file may hold several */
    json_write(&output->pending, body);
    buf_add_char(&output->pending, '\n');
    writer->report.records++;
    if (number % TRUTH_ONE_IN == 0 &&
        damage_line(world, &record, &person, number, arena, &writer->truth.pending))
        writer->report.truths++;
    bool is_pictured = has_picture(writer, &record, number);
    if (is_pictured)
        TRY(write_picture(writer, &record, &person));
    tries_look(&writer->tries, world, &record, &person, is_pictured, arena);
    TRY(output_flush(&writer->truth, FLUSH_BYTES));
    return output_flush(output, FLUSH_BYTES);
}

static enum err tell(struct writer *writer)
{
    const struct sample_options *options = writer->world.options;
    uint64_t done = writer->report.records + writer->report.given_up;
    bool goes_on = !options->progress || done % 1000 != 0 ||
                   options->progress(options->progress_context, done, writer->total);
    return goes_on ? OK
                   : err_set(ERR_USAGE, "stopped after %llu records", (unsigned long long)done);
}

static enum err write_definition(struct writer *writer, const struct definition *definition)
{
    struct arena arena = {.max_bytes = ARENA_RECORD_MAX};
    struct output output = {.fd = -1};
    char name[256];
    enum err code = OK;
    (void)snprintf(name, sizeof name, "%.*s.ndjson", STR(definition->name));
    TRY(output_open(writer, name, &output));
    uint64_t count = world_count(&writer->world, definition);
    for (uint64_t i = 0; i < count && code == OK; i++) {
        code = write_record(writer, definition, i, &arena, &output);
        code = code ? code : tell(writer);
        arena_reset(&arena);
    }
    code = code ? code : output_flush(&output, 1);
    output_close(&output);
    arena_release(&arena);
    return code;
}

/* ---- the whole ---- */

static enum err check_options(const struct sample_options *options)
{
    if (options->persons == 0 || options->persons > PERSONS_MAX)
        return err_set(ERR_USAGE, "persons must lie between 1 and %d", PERSONS_MAX);
    if (!options->directory || !options->directory[0])
        return err_set(ERR_USAGE, "no directory to write to");
    if (!day_is_valid(options->today))
        return err_set(ERR_USAGE, "today is not a day");
    return OK;
}

static enum err write_tries(struct writer *writer)
{
    struct output output = {.fd = -1};
    TRY(output_open(writer, "try.tsv", &output));
    tries_print(&writer->tries, &output.pending);
    enum err code = output_flush(&output, 1);
    output_close(&output);
    return code;
}

static enum err write_all(struct writer *writer)
{
    const struct catalog *catalog = writer->world.catalog;
    TRY(io_make_dir(writer->world.options->directory));
    (void)snprintf(writer->path, sizeof writer->path, "%s/photographs",
                   writer->world.options->directory);
    TRY(io_make_dir(writer->path));
    TRY(output_open(writer, "truth.tsv", &writer->truth));
    TRY(output_open(writer, "photographs.tsv", &writer->pictures));
    for (size_t i = 0; i < catalog->count; i++)
        if (world_is_sampled(catalog->definitions[i]))
            writer->total += world_count(&writer->world, catalog->definitions[i]);
    for (size_t i = 0; i < catalog->count; i++)
        if (world_is_sampled(catalog->definitions[i]))
            TRY(write_definition(writer, catalog->definitions[i]));
    TRY(output_flush(&writer->truth, 1));
    TRY(output_flush(&writer->pictures, 1));
    return write_tries(writer);
}

enum err sample_write(const struct catalog *catalog, const struct sample_options *options,
                      struct sample_report *ret)
{
    struct arena arena = {0};
    struct cultures *cultures = NULL;
    struct places *places = NULL;
    struct writer writer = {.truth = {.fd = -1}, .pictures = {.fd = -1}};
    char home[512];
    TRY(check_options(options));
    (void)snprintf(home, sizeof home, "%.*s", STR(catalog->home));
    enum err code = cultures_load(home, &arena, &cultures);
    if (code == OK)
        code = places_load(home, &arena, &places);
    writer.world = (struct world){catalog, cultures, places, options, world_find_persons(catalog)};
    tries_begin(&writer.world, &writer.tries);
    if (code == OK)
        code = write_all(&writer);
    tries_end(&writer.tries);
    output_close(&writer.truth);
    output_close(&writer.pictures);
    arena_release(&arena);
    *ret = writer.report;
    return code;
}
