/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox from inside and outside; photographs through it; frames that lie. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <png.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/sandbox.h"

#include "intake/child.h"
#include "intake/pixels.h"

#include "intake_fixture.h"

/* ---- the sandbox ---- */

enum attempt {
    OPEN_A_FILE,
    MAKE_A_FILE,
    OPEN_A_SOCKET,
    CONNECT_A_SOCKET,
    START_A_PROGRAM,
    START_A_PROCESS,
    READ_AND_ALLOCATE,
    RUN_WHAT_IT_WROTE,
    SIGNAL_THE_PARENT,
    USE_ANOTHER_DESCRIPTOR,
    WRITE_A_CORE
};

enum { KEPT_SOCKET = 4 }; /* left open in the sandbox, so that connect() itself is tried */

static int try_memory(void)
{
    void *memory = malloc(10 << 20);
    free(memory);
    return memory ? 0 : 1;
}

static int try_running(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 1;
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0)
        return 2;
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? 0
               : 3;
}

/* 0: refused with an error as it should be; else what went wrong. Some end by a signal instead. */
static int attempt(enum attempt what, int other_fd)
{
    struct sandbox_limits limits = {.memory_bytes = 1u << 30, .cpu_s = 5};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct rlimit core = {1, 1};
    char *arguments[] = {NULL};
    if (sandbox_enter(&limits, KEPT_SOCKET))
        return 100;
    switch (what) {
    case OPEN_A_FILE: return open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM ? 0 : 1;
    case MAKE_A_FILE: return open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 ? 0 : 1;
    case OPEN_A_SOCKET: return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 2 : 1;
    case CONNECT_A_SOCKET:
        return connect(KEPT_SOCKET, (struct sockaddr *)&to, sizeof to) < 0 ? 2 : 1;
    case START_A_PROGRAM: return execve("/bin/true", arguments, arguments) < 0 ? 2 : 1;
    case START_A_PROCESS: return fork() < 0 ? 2 : 1;
    case READ_AND_ALLOCATE: return try_memory();
    case RUN_WHAT_IT_WROTE: return try_running();
    case SIGNAL_THE_PARENT: return kill(getppid(), SIGCONT) < 0 ? 0 : 1;
    case USE_ANOTHER_DESCRIPTOR: return write(other_fd, "x", 1) < 0 && errno == EBADF ? 0 : 1;
    case WRITE_A_CORE: return setrlimit(RLIMIT_CORE, &core) < 0 ? 0 : 1;
    }
    return 3;
}

static int run(enum attempt what)
{
    int pipes[2], status = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int kept = socket(AF_INET, SOCK_STREAM, 0);
        int moved = fcntl(pipes[1], F_DUPFD, 20);
        _exit(dup2(kept, KEPT_SOCKET) < 0 ? 101 : attempt(what, moved));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(pipes[0]);
    close(pipes[1]);
    return status;
}

static void sandbox_shuts_the_doors(void **state)
{
    (void)state;
    static const enum attempt refused[] = {OPEN_A_FILE,       MAKE_A_FILE,
                                           READ_AND_ALLOCATE, RUN_WHAT_IT_WROTE,
                                           SIGNAL_THE_PARENT, USE_ANOTHER_DESCRIPTOR,
                                           WRITE_A_CORE};
    static const enum attempt deadly[] = {OPEN_A_SOCKET, CONNECT_A_SOCKET, START_A_PROGRAM,
                                          START_A_PROCESS};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        int status = run(refused[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    for (size_t i = 0; i < COUNT_OF(deadly); i++) {
        int status = run(deadly[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

/* The second fence without the third: even a system call the filter forgot reaches no path. */
static int attempt_behind_landlock(void)
{
    int before = open("/dev/null", O_RDONLY);
    if (before < 0 || sandbox_shut_files())
        return 100;
    char byte = 0;
    if (read(before, &byte, 1) != 0)
        return 1; /* what was open stays */
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
        return 2;
    if (mkdir("/tmp/bureau-landlock", 0700) == 0)
        return 3;
    char *arguments[] = {NULL};
    return execve("/bin/true", arguments, arguments) < 0 && errno == EACCES ? 0 : 4;
}

static void landlock_alone_shuts_files(void **state)
{
    (void)state;
    int status = 0;
    if (!sandbox_landlock_version()) {
        print_message("skipped: this kernel has no Landlock; the system call filter stands "
                      "alone\n");
        skip();
    }
    pid_t pid = fork();
    if (pid == 0)
        _exit(attempt_behind_landlock());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- photographs ---- */

static void fill(struct pixels *pixels, uint32_t width, uint32_t height)
{
    *pixels = (struct pixels){width, height, malloc((size_t)width * height * 3)};
    assert_non_null(pixels->rgb);
    for (size_t i = 0; i < (size_t)width * height; i++) { /* left half red, right half blue */
        bool is_left = i % width < width / 2;
        pixels->rgb[3 * i] = is_left ? 220 : 20;
        pixels->rgb[3 * i + 1] = 30;
        pixels->rgb[3 * i + 2] = is_left ? 20 : 220;
    }
}

/* A JPEG with an EXIF segment: a place that must not survive, and an orientation. */
static void make_jpeg(uint32_t width, uint32_t height, unsigned char orientation, struct buf *out)
{
    static const unsigned char exif[] = {0xFF, 0xE1, 0, 60, 'E', 'x', 'i', 'f', 0,    0, 'I', 'I',
                                         42,   0,    8, 0,  0,   0,   1,   0,   0x12, 1, 3,   0,
                                         1,    0,    0, 0,  6,   0,   0,   0,   0,    0, 0,   0};
    struct pixels pixels;
    struct buf jpeg = {0};
    fill(&pixels, width, height);
    must(pixels_encode(&pixels, 90, &jpeg), "encode");
    pixels_release(&pixels);
    buf_add(out, str_slice(buf_str(&jpeg), 0, 2));
    size_t at = out->len;
    buf_add(out, str_of((const char *)exif, sizeof exif));
    out->ptr[at + 28] = (char)orientation;
    buf_add(out, S("SECRET-PLACE 48.8583N 2.2"));
    buf_add_char(out, '9');
    assert_int_equal(out->len - at, 62);
    buf_add(out, str_from(buf_str(&jpeg), 2));
    buf_release(&jpeg);
}

static bool is_red(const struct pixels *p, uint32_t x, uint32_t y)
{
    const unsigned char *at = p->rgb + ((size_t)y * p->width + x) * 3;
    return at[0] > 120 && at[2] < 120;
}

static void photographs_lose_everything_but_the_picture(void **state)
{
    (void)state;
    struct buf jpeg = {0};
    struct intake_photo photo;
    struct pixels back = {0};
    make_jpeg(2400, 1200, 6, &jpeg);
    assert_true(str_has(buf_str(&jpeg), S("SECRET-PLACE")));
    must(intake_photo(buf_str(&jpeg), &photo), "photo");
    assert_false(str_has(buf_str(&photo.picture), S("SECRET-PLACE")));
    assert_int_equal(photo.height, 1600); /* turned upright and shrunk */
    assert_int_equal(photo.width, 800);
    must(pixels_decode(buf_str(&photo.picture), 1600, &back), "decode");
    assert_true(is_red(&back, 400, 100) && !is_red(&back, 400, 1500)); /* left became top */
    pixels_release(&back);
    must(pixels_decode(buf_str(&photo.thumb), 1600, &back), "decode");
    assert_int_equal(back.height, 160);
    pixels_release(&back);
    intake_photo_release(&photo);
    buf_release(&jpeg);
}

static void png_is_taken_too(void **state)
{
    (void)state;
    struct pixels pixels;
    fill(&pixels, 30, 20);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = 30,
                       .height = 20,
                       .format = PNG_FORMAT_RGB};
    char bytes[20000];
    png_alloc_size_t size = sizeof bytes;
    assert_int_equal(png_image_write_to_memory(&image, bytes, &size, 0, pixels.rgb, 0, NULL), 1);
    struct intake_photo photo;
    must(intake_photo(str_of(bytes, size), &photo), "photo");
    assert_int_equal(photo.width, 30);
    intake_photo_release(&photo);
    memset(bytes + size / 2, 0, 40);
    assert_int_equal(intake_photo(str_of(bytes, size), &photo), ERR_BAD_VALUE);
    pixels_release(&pixels);
}

static void what_is_no_photograph_is_refused(void **state)
{
    (void)state;
    struct intake_photo photo;
    struct buf jpeg = {0};
    make_jpeg(64, 64, 1, &jpeg);
    assert_int_equal(intake_photo(S("GIF89a..."), &photo), ERR_BAD_VALUE);
    assert_int_equal(intake_photo(S("\xFF\xD8\xFF\xE0"), &photo), ERR_BAD_VALUE);
    assert_int_equal(intake_photo(STR_EMPTY, &photo), ERR_LIMIT);
    /* a picture that claims to be enormous */
    for (size_t i = 0; i + 9 < jpeg.len; i++)
        if ((unsigned char)jpeg.ptr[i] == 0xFF && (unsigned char)jpeg.ptr[i + 1] == 0xC0)
            memset(jpeg.ptr + i + 5, 0x7F, 4);
    assert_int_equal(intake_photo(buf_str(&jpeg), &photo), ERR_LIMIT);
    buf_release(&jpeg);
}

/* ---- frames ---- */

static void frames_are_not_believed(void **state)
{
    (void)state;
    struct random random;
    struct child_row *row = calloc(1, sizeof *row);
    assert_non_null(row);
    random_seed(&random, 7);
    for (unsigned round = 0; round < 20000; round++) {
        char bytes[64];
        struct arena arena = {0};
        struct child_tree tree;
        size_t len = random_below(&random, sizeof bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] =
                (char)(random_below(&random, 4) ? random_below(&random, 6) : random_u64(&random));
        str payload = str_of(bytes, len);
        if (child_row_read(payload, row) == OK)
            for (size_t i = 0; i < row->count; i++)
                assert_true(row->cells[i].len <= len && utf8_is_valid(row->cells[i]));
        if (child_tree_read(payload, &arena, &tree) == OK)
            assert_non_null(tree.tree);
        arena_release(&arena);
    }
    free(row);
    struct buf out = {0};
    struct arena arena = {0};
    for (unsigned i = 0; i < 100; i++)
        buf_add(&out, S("\x04\x01")); /* lists in lists */
    struct cursor cursor = cursor_of(buf_str(&out));
    assert_null(frame_get_tree(&cursor, &arena));
    arena_release(&arena);
    buf_release(&out);
}

static void a_preview_tells_what_it_sees(void **state)
{
    (void)state;
    struct fixture f = {.directory = "/tmp/bureau-preview-XXXXXX"};
    assert_non_null(mkdtemp(f.directory));
    const char *path = fixture_file(&f, "a.csv",
                                    "name;born\nM\xFCller;1970\nPe\xF1"
                                    "a;1971\n",
                                    29);
    struct node *node = NULL;
    must(intake_preview(NULL, STR_EMPTY, path, STR_EMPTY, &f.arena, &node), "preview");
    assert_true(str_eq(node_get_text(node, S("encoding")), S("windows-1252")));
    assert_true(str_eq(node_get_text(node, S("separator")), S(";")));
    assert_true(str_eq(node_as_text(node_get(node, S("rows"))->first->next->first), S("Müller")));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(f.directory), 0);
    arena_release(&f.arena);
}

/* The kind of a file and where its items lie, told by its first signs. */
static void a_preview_guesses_the_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text, *type, *items;
        unsigned rows;
    } cases[] = {
        {"a;b\n1;2\n", "csv", "", 2},
        {"sep=|\r\na|b\r\n1|2\r\n", "csv", "", 2},
        {"# a remark\n# another one\n1.2.3.4\t9\n1.2.3.5\t8\n", "csv", "", 4},
        {"one word\nand others\n", "csv", "", 2},
        {"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "ndjson", "", 3},
        {"{\"a\":1}", "ndjson", "", 1},
        {"[{\"a\":1},{\"a\":2}]", "json", "", 2},
        {" {\n\"total\": 2, \"x\": [1, 2],\n \"_embedded\": {\"notices\": [{\"a\":1},{\"a\":2}]}}",
         "json", "_embedded.notices", 2},
        {"<?xml version=\"1.0\"?>\n<!-- x --><L><H><N>1</N></H><P><I a='1'><N>x</N><N>y</N></I>"
         "<I/><I><N>z</N></I></P></L>",
         "xml", "L/P/I", 3},
        {"<a:L xmlns:a=\"u\"><a:P>1</a:P><a:P>2</a:P></a:L>", "xml", "L/P", 2},
        {"<only/>", "xml", "only", 1},
        {"AB1234567  UTO20260101\nCD7654321  UTO20260102\n", "fixed", "", 2},
        {"", "csv", "", 0},
    };
    struct fixture f = {.directory = "/tmp/bureau-preview-XXXXXX"};
    assert_non_null(mkdtemp(f.directory));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node *node = NULL;
        const char *path = fixture_file(&f, "a", cases[i].text, strlen(cases[i].text));
        must(intake_preview(NULL, STR_EMPTY, path, STR_EMPTY, &f.arena, &node), cases[i].text);
        assert_true(str_eq_c(node_get_text(node, S("type")), cases[i].type));
        assert_true(str_eq_c(node_get_text(node, S("items")), cases[i].items));
        assert_true(node_get_text(node, S("type_reason")).len > 0);
        assert_int_equal(node_get(node, S("rows"))->count, cases[i].rows);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(f.directory), 0);
    arena_release(&f.arena);
}

/* A file that ends in the middle, or is none of what it seems: what there is, and a fault. */
static void a_preview_of_a_broken_file(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "<a><b>1</b><b>2</b>", "[{\"a\":1},{\"a\":", "<", "{", "{\"a\":\"",
        "<!DOCTYPE x><x/>",    "</aaaaaaaa></b>"};
    struct fixture f = {.directory = "/tmp/bureau-preview-XXXXXX"};
    assert_non_null(mkdtemp(f.directory));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node *node = NULL;
        const char *path = fixture_file(&f, "a", cases[i], strlen(cases[i]));
        must(intake_preview(NULL, STR_EMPTY, path, STR_EMPTY, &f.arena, &node), cases[i]);
        assert_true(node_get_text(node, S("fault")).len > 0);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(f.directory), 0);
    arena_release(&f.arena);
}

int main(int argc, char **argv)
{
    int child = intake_child_first(argc, argv);
    if (child >= 0)
        return child;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandbox_shuts_the_doors),
        cmocka_unit_test(landlock_alone_shuts_files),
        cmocka_unit_test(photographs_lose_everything_but_the_picture),
        cmocka_unit_test(png_is_taken_too),
        cmocka_unit_test(what_is_no_photograph_is_refused),
        cmocka_unit_test(frames_are_not_believed),
        cmocka_unit_test(a_preview_tells_what_it_sees),
        cmocka_unit_test(a_preview_guesses_the_kind),
        cmocka_unit_test(a_preview_of_a_broken_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
