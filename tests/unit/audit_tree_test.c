/* SPDX-License-Identifier: Apache-2.0 */
/* The log as a tree: roots and proofs against the definition, checkpoints, proof files, witnesses. */
#include <fcntl.h>

#include "base/io.h"

#include "../scratch.h"
#include "audit/internal.h"
#include "audit/proof.h"

#include "scratch.h"
#include "test.h"

enum { LEAVES = 70000 };

/* ---- the tree ---- */

static struct hash *leaves;

static void make_leaves(void)
{
    leaves = calloc(LEAVES, sizeof *leaves);
    for (uint32_t i = 0; i < LEAVES; i++)
        sha256(str_of((const char *)&i, sizeof i), &leaves[i]);
}

/* MTH as RFC 9162 section 2.1.1 words it. */
static void defined_root(uint64_t begin, uint64_t size, struct hash *ret)
{
    if (size == 0) {
        sha256(STR_EMPTY, ret);
        return;
    }
    if (size == 1) {
        *ret = leaves[begin];
        return;
    }
    uint64_t middle = 1;
    while (middle * 2 < size)
        middle *= 2;
    struct hash left, right;
    defined_root(begin, middle, &left);
    defined_root(begin + middle, size - middle, &right);
    node_hash(&left, &right, ret);
}

static int open_tree(void **state)
{
    static struct scratch scratch;
    static struct tree tree;
    bool is_complete = false;
    make_leaves();
    scratch_make(&scratch);
    assert_int_equal(tree_open(&tree, scratch.path, 0, &is_complete), OK);
    assert_int_equal(tree_add(&tree, str_of((const char *)leaves, (size_t)1000 * HASH_SIZE)), OK);
    *state = &tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_close(*state);
    free(leaves);
    return 0;
}

static const uint64_t sizes[] = {0,   1,   2,   3,   5,   7,   8,   100, 255,
                                 256, 257, 511, 512, 513, 767, 768, 999, 1000};

static void roots_are_as_defined(void **state)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct hash root, expected;
        assert_int_equal(tree_root(*state, sizes[i], &root), OK);
        defined_root(0, sizes[i], &expected);
        assert_memory_equal(root.bytes, expected.bytes, HASH_SIZE);
    }
    struct hash root;
    assert_int_equal(tree_root(*state, 1001, &root), ERR_NOT_FOUND);
}

static void every_inclusion_proof_holds_and_no_other(void **state)
{
    for (size_t i = 1; i < COUNT_OF(sizes); i++) {
        struct hash root, path[PROOF_MAX];
        assert_int_equal(tree_root(*state, sizes[i], &root), OK);
        for (uint64_t index = 0; index < sizes[i]; index += 1 + index / 7) {
            size_t count;
            assert_int_equal(tree_inclusion(*state, index, sizes[i], path, &count), OK);
            assert_true(inclusion_holds(&leaves[index], index, sizes[i], path, count, &root));
            assert_false(inclusion_holds(&leaves[index + 1], index, sizes[i], path, count, &root));
            assert_false(inclusion_holds(&leaves[index], index + 1, sizes[i], path, count, &root));
            if (count) {
                path[count / 2].bytes[5] ^= 1;
                assert_false(inclusion_holds(&leaves[index], index, sizes[i], path, count, &root));
                assert_false(
                    inclusion_holds(&leaves[index], index, sizes[i], path, count - 1, &root));
            }
        }
    }
}

static void every_consistency_proof_holds_and_no_other(void **state)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t k = i; k < COUNT_OF(sizes); k++) {
            struct hash from, to, path[PROOF_MAX];
            size_t count;
            assert_int_equal(tree_root(*state, sizes[i], &from), OK);
            assert_int_equal(tree_root(*state, sizes[k], &to), OK);
            assert_int_equal(tree_consistency(*state, sizes[i], sizes[k], path, &count), OK);
            assert_true(consistency_holds(sizes[i], &from, sizes[k], &to, path, count));
            struct hash other = from;
            other.bytes[0] ^= 1;
            assert_false(consistency_holds(sizes[i], &other, sizes[k], &to, path, count));
            other = to;
            other.bytes[0] ^= 1;
            if (sizes[i])
                assert_false(consistency_holds(sizes[i], &from, sizes[k], &other, path, count));
            if (count)
                assert_false(consistency_holds(sizes[i], &from, sizes[k], &to, path, count - 1));
        }
}

static void a_tree_goes_on_where_it_was_cut(void **state)
{
    struct tree *tree = *state;
    struct hash root, expected;
    assert_int_equal(tree_cut(tree, 300), OK);
    assert_int_equal(tree_add(tree, str_of((const char *)&leaves[300],
                                           (size_t)(LEAVES - 300) * HASH_SIZE)),
                     OK);
    assert_int_equal(tree_root(tree, LEAVES, &root), OK);
    defined_root(0, LEAVES, &expected);
    assert_memory_equal(root.bytes, expected.bytes, HASH_SIZE);
    struct buf tile = {0};
    assert_int_equal(tree_tile(tree, 1, 1, 17, &tile), OK);
    defined_root(256 * 256, 256, &expected);
    assert_memory_equal(tile.ptr, expected.bytes, HASH_SIZE);
    assert_int_equal(tree_tile(tree, 1, 1, 18, &tile), ERR_NOT_FOUND);
    assert_int_equal(tree_tile(tree, 99, 0, 1, &tile), ERR_NOT_FOUND);
    buf_release(&tile);
}

/* ---- the log ---- */

struct fixture {
    struct scratch scratch;
    struct audit *audit;
    struct buf text, key, report;
    uint64_t entries;
};

static void append(struct fixture *f, int count)
{
    char receipt[RECEIPT_TEXT], query[64];
    for (int i = 0; i < count; i++) {
        snprintf(query, sizeof query, "\"value %d\"", i);
        struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                    .query = str_c(query),
                                    .verdict = S("nothing-found")};
        assert_int_equal(audit_append_wait(f->audit, &entry, receipt), OK);
    }
}

static void fixture_open(struct fixture *f)
{
    scratch_make(&f->scratch);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    append(f, 20);
    audit_key(f->audit, &f->key);
}

static void fixture_close(struct fixture *f)
{
    audit_close(f->audit);
    buf_release(&f->text);
    buf_release(&f->key);
    buf_release(&f->report);
    scratch_remove(&f->scratch);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    fixture_open(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

static void a_proof_file_proves_to_who_has_the_key_only(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(audit_prove(f->audit, 7, true, &f->text), OK);
    assert_int_equal(audit_check_proof(buf_str(&f->text), buf_str(&f->key), &f->report), OK);
    assert_true(str_has(buf_str(&f->report), S("entry 7 of 20")));
    assert_true(str_has(buf_str(&f->report), S("value 6")));
    for (size_t i = 0; i < f->text.len; i += 3) { /* whatever is altered: refused */
        char kept = f->text.ptr[i];
        f->text.ptr[i] = kept == 'A' ? 'B' : 'A';
        buf_clear(&f->report);
        assert_int_not_equal(audit_check_proof(buf_str(&f->text), buf_str(&f->key), &f->report),
                             OK);
        f->text.ptr[i] = kept;
    }
    struct fixture other = {0};
    fixture_open(&other);
    assert_int_not_equal(audit_check_proof(buf_str(&f->text), buf_str(&other.key), &f->report), OK);
    fixture_close(&other);
}

static void a_destroyed_entry_is_still_proven(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(audit_destroy_body(f->audit, 7), OK);
    assert_int_equal(audit_prove(f->audit, 7, true, &f->text), OK);
    assert_int_equal(audit_check_proof(buf_str(&f->text), buf_str(&f->key), &f->report), OK);
    assert_false(str_has(buf_str(&f->report), S("value 6")));
}

static enum err check(struct fixture *f, str checkpoint)
{
    buf_clear(&f->report);
    return audit_check(f->scratch.path, buf_str(&f->key), checkpoint, &f->entries, &f->report);
}

static void the_second_reader_finds_each_altered_byte(void **state)
{
    struct fixture *f = *state;
    char path[700];
    assert_int_equal(audit_checkpoint(f->audit, &f->text), OK);
    assert_int_equal(check(f, buf_str(&f->text)), OK);
    assert_int_equal(f->entries, 20);
    snprintf(path, sizeof path, "%s/audit/%020d.log", f->scratch.path, 1);
    int fd = open(path, O_RDWR);
    struct entry_place entry;
    char *bytes = NULL;
    size_t len = 0, at = SEGMENT_HEADER + GROUP_HEADER;
    assert_int_equal(io_read_file(path, 1 << 30, &bytes, &len), OK);
    assert_true(entry_get(str_of(bytes, len), &at, &entry));
    for (size_t i = SEGMENT_HEADER + GROUP_HEADER; i < at; i++) {
        char altered = (char)(bytes[i] ^ 0x40);
        assert_int_equal(pwrite(fd, &altered, 1, (off_t)i), 1);
        assert_int_equal(check(f, buf_str(&f->text)), ERR_DAMAGED);
        assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    free(bytes);
    close(fd);
    assert_int_equal(check(f, buf_str(&f->text)), OK);
}

/* Contents and hash rewritten so that they fit each other: only what was signed gives it away. */
static void a_rewritten_entry_is_named(void **state)
{
    struct fixture *f = *state;
    char path[700];
    assert_int_equal(audit_checkpoint(f->audit, &f->text), OK);
    snprintf(path, sizeof path, "%s/audit/%020d.log", f->scratch.path, 1);
    struct entry_place entry;
    char *bytes = NULL;
    size_t len = 0, at = SEGMENT_HEADER;
    assert_int_equal(io_read_file(path, 1 << 30, &bytes, &len), OK);
    for (int i = 0; i < 3; i++) {
        at += GROUP_HEADER;
        assert_true(entry_get(str_of(bytes, len), &at, &entry));
    }
    char *body = bytes + entry.offset + ENTRY_HEADER + SALT_SIZE;
    body[entry.body.len - 3] ^= 1;
    salted_hash(&entry.salt, str_of(body, entry.body.len), &entry.leaf);
    memcpy(bytes + entry.offset + 16, entry.leaf.bytes, HASH_SIZE);
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, bytes, len, 0), len);
    close(fd);
    free(bytes);
    assert_int_equal(check(f, buf_str(&f->text)), ERR_DAMAGED);
    assert_true(str_has(buf_str(&f->report), S("entry 3 is not the one that was written")));
}

static void a_shortened_log_is_refused_at_opening(void **state)
{
    struct fixture *f = *state;
    char path[700];
    struct buf later = {0};
    assert_int_equal(audit_checkpoint(f->audit, &f->text), OK);
    append(f, 1);
    assert_int_equal(audit_checkpoint(f->audit, &later), OK);
    assert_int_equal(check(f, buf_str(&later)), OK);
    audit_close(f->audit);
    f->audit = NULL;
    snprintf(path, sizeof path, "%s/audit/checkpoint", f->scratch.path);
    assert_int_equal(io_remove(path), OK);
    snprintf(path, sizeof path, "%s/audit/head", f->scratch.path);
    assert_int_equal(io_remove(path), OK);
    char *bytes = NULL;
    size_t len = 0, end;
    snprintf(path, sizeof path, "%s/audit/%020d.log", f->scratch.path, 1);
    assert_int_equal(io_read_file(path, 1 << 30, &bytes, &len), OK);
    for (end = len - 4; memcmp(bytes + end, "\xA5\x47\xFF\xB1", 4) != 0; end--)
        continue;
    free(bytes);
    assert_int_equal(truncate(path, (off_t)end), 0);
    assert_int_equal(check(f, buf_str(&f->text)), OK); /* it was so once */
    assert_int_equal(check(f, buf_str(&later)), ERR_DAMAGED);
    assert_true(str_has(buf_str(&f->report), S("ends at entry 20")));
    snprintf(path, sizeof path, "%s/audit/checkpoint", f->scratch.path);
    assert_int_equal(io_replace(path, buf_str(&later)), OK);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), ERR_DAMAGED);
    buf_release(&later);
}

static void a_lost_tree_is_made_again(void **state)
{
    struct fixture *f = *state;
    char path[700];
    assert_int_equal(audit_checkpoint(f->audit, &f->text), OK);
    audit_close(f->audit);
    snprintf(path, sizeof path, "%s/audit/tree/0", f->scratch.path);
    assert_int_equal(io_remove(path), OK);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    struct buf again = {0};
    assert_int_equal(audit_checkpoint(f->audit, &again), OK);
    assert_true(str_eq(buf_str(&again), buf_str(&f->text)));
    buf_release(&again);
}

/* ---- witnesses ---- */

static void request(struct fixture *log, uint64_t old, struct buf *out)
{
    buf_clear(out);
    buf_printf(out, "old %llu\n", (unsigned long long)old);
    assert_int_equal(audit_consistency(log->audit, old, audit_count(log->audit), out), OK);
    buf_add_char(out, '\n');
    assert_int_equal(audit_checkpoint(log->audit, out), OK);
}

static void a_witness_signs_what_continues_only(void **state)
{
    struct fixture *f = *state;
    struct fixture witness = {0};
    struct buf asked = {0}, line = {0};
    fixture_open(&witness);
    request(f, 0, &asked);
    assert_int_equal(audit_witness(witness.audit, buf_str(&asked), &line), ERR_NOT_FOUND);
    assert_int_equal(audit_trust(witness.audit, buf_str(&f->key), false), OK);
    assert_int_equal(audit_witness(witness.audit, buf_str(&asked), &line), OK);
    assert_int_equal(audit_witness(witness.audit, buf_str(&asked), &line), ERR_CONFLICT);
    append(f, 13);
    request(f, 20, &asked);
    buf_clear(&line);
    asked.ptr[10] ^= 1; /* in the proof */
    assert_int_not_equal(audit_witness(witness.audit, buf_str(&asked), &line), OK);
    asked.ptr[10] ^= 1;
    assert_int_equal(audit_witness(witness.audit, buf_str(&asked), &line), OK);

    buf_clear(&f->text); /* the countersignature goes with the proofs it covers */
    assert_int_equal(audit_checkpoint(f->audit, &f->text), OK);
    buf_add(&f->text, buf_str(&line));
    assert_int_equal(audit_take_cosignature(f->audit, buf_str(&f->text)), OK);
    buf_clear(&f->text);
    assert_int_equal(audit_prove(f->audit, 3, false, &f->text), OK);
    assert_true(str_has(buf_str(&f->text), str_trim(buf_str(&line))));
    struct note_key key;
    int64_t time_s = 0;
    struct proof_file proof;
    assert_int_equal(note_key_parse(buf_str(&witness.key), &key), OK);
    key.kind = NOTE_COSIGNATURE;
    assert_int_equal(proof_parse(buf_str(&f->text), &proof), OK);
    assert_int_equal(note_verify(proof.checkpoint, &key, &time_s), OK);
    assert_true(time_s > 1700000000);
    buf_release(&asked);
    buf_release(&line);
    fixture_close(&witness);
}

int main(void)
{
    static const struct CMUnitTest tree_tests[] = {
        cmocka_unit_test(roots_are_as_defined),
        cmocka_unit_test(every_inclusion_proof_holds_and_no_other),
        cmocka_unit_test(every_consistency_proof_holds_and_no_other),
        cmocka_unit_test(a_tree_goes_on_where_it_was_cut),
    };
#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest log_tests[] = {
        LOG_TEST(a_proof_file_proves_to_who_has_the_key_only),
        LOG_TEST(a_destroyed_entry_is_still_proven),
        LOG_TEST(the_second_reader_finds_each_altered_byte),
        LOG_TEST(a_rewritten_entry_is_named),
        LOG_TEST(a_shortened_log_is_refused_at_opening),
        LOG_TEST(a_lost_tree_is_made_again),
        LOG_TEST(a_witness_signs_what_continues_only),
    };
    if (crypto_init())
        return 1;
    int failed = cmocka_run_group_tests(tree_tests, open_tree, close_tree);
    return failed + cmocka_run_group_tests(log_tests, NULL, NULL);
}
