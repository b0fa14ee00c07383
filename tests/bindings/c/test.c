/* Tests of libpicotuf from C: `test DEMO FOLDER`. DEMO is cli/demo, FOLDER an empty folder.
 *
 * Prints one line for each test that passed, and ends with the first that did not. */
#define _POSIX_C_SOURCE 200809L
#include <picotuf.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEMO_TIME 1795305600 /* 2026-11-22T00:00:00Z */
#define TARGET "iniconfig/iniconfig-2.3.1-py3-none-any.whl"
#define ATTESTED "pypi_attestations-0.0.19.tar.gz"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static const char *demo, *work;

struct file {
    unsigned char *data;
    size_t length;
};

static struct file read_file(const char *path) {
    struct file file = {NULL, 0};
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return file;
    }
    file.data = malloc(1);
    for (size_t room = 0, count = 1; count > 0; file.length += count) {
        if (file.length == room) {
            room = 2 * room + 4096;
            file.data = realloc(file.data, room);
            CHECK(file.data != NULL);
        }
        count = fread(file.data + file.length, 1, room - file.length, stream);
    }
    fclose(stream);
    /* As long as it is, so that reading past its end is seen. */
    file.data = realloc(file.data, file.length > 0 ? file.length : 1);
    return file;
}

static void write_file(const char *path, const void *data, size_t length) {
    FILE *stream = fopen(path, "wb");
    CHECK(stream != NULL);
    CHECK(fwrite(data, 1, length, stream) == length);
    CHECK(fclose(stream) == 0);
}

static const char *path_of(const char *folder, const char *name) {
    static _Thread_local char paths[4][1024];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];
    CHECK(snprintf(path, sizeof paths[0], "%s/%s", folder, name) < (int)sizeof paths[0]);
    return path;
}

static char *copy(const char *text) {
    char *copied = malloc(strlen(text) + 1);
    CHECK(copied != NULL);
    return strcpy(copied, text);
}

struct demo_client {
    picotuf_client_options options;
    struct file root;
    char *trusted, *metadata, *targets;
};

static struct demo_client demo_client(const char *name) {
    struct demo_client client = {0};
    client.root = read_file(path_of(demo, "root.json"));
    CHECK(client.root.length > 0);
    client.trusted = copy(path_of(work, name));
    client.metadata = copy(path_of(demo, "metadata"));
    client.targets = copy(path_of(demo, "targets"));
    client.options.size = sizeof client.options;
    client.options.metadata_dir = client.trusted;
    client.options.metadata_url = client.metadata;
    client.options.target_url = client.targets;
    client.options.root = client.root.data;
    client.options.root_size = client.root.length;
    client.options.now = DEMO_TIME;
    return client;
}

static void drop_client(struct demo_client *client) {
    free(client->root.data);
    free(client->trusted);
    free(client->metadata);
    free(client->targets);
}

/* Checks the status and the code of a verdict, and closes it. */
#define EXPECT(call, expected, expected_code)                                                      \
    do {                                                                                           \
        picotuf_verdict *verdict = NULL;                                                           \
        int status = (call);                                                                       \
        CHECK(verdict != NULL);                                                                    \
        if (status != (expected) || strcmp(picotuf_verdict_code(verdict), expected_code) != 0) {   \
            fprintf(stderr, "%s:%d: status %d, %s\n", __FILE__, __LINE__, status,                  \
                    picotuf_verdict_json(verdict));                                                \
            exit(1);                                                                               \
        }                                                                                          \
        CHECK((strncmp(picotuf_verdict_json(verdict), "{\"ok\":true,", 11) == 0) ==                \
              ((expected) == PICOTUF_OK));                                                         \
        CHECK((picotuf_verdict_message(verdict)[0] == '\0') == ((expected) == PICOTUF_OK));        \
        CHECK(strpbrk(picotuf_verdict_json(verdict), "\r\n") == NULL);                             \
        CHECK(picotuf_verdict_close(&verdict) == PICOTUF_OK && verdict == NULL);                   \
    } while (0)

/* A user gets the signed file, and is told when it is another. */
static void one_call_verifies_a_file_and_refuses_a_changed_one(void) {
    struct demo_client client = demo_client("one-call");
    picotuf_client_options *options = &client.options;
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_OK, "");
    EXPECT(picotuf_find(options, TARGET, &verdict), PICOTUF_OK, "");
    EXPECT(picotuf_find(options, "no/such.whl", &verdict), PICOTUF_REFUSED, "target-not-found");
    char *downloads = copy(path_of(work, "downloads"));
    CHECK(mkdir(downloads, 0700) == 0);
    EXPECT(picotuf_download(options, TARGET, downloads, &verdict), PICOTUF_OK, "");
    char *file = copy(path_of(downloads, TARGET));
    EXPECT(picotuf_verify_file(options, TARGET, file, &verdict), PICOTUF_OK, "");

    /* The folder remembers the root, and what is stored is enough without a repository. */
    options->root = NULL;
    options->root_size = 0;
    options->metadata_url = NULL;
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "missing-setting");
    options->offline = 1;
    EXPECT(picotuf_verify_file(options, TARGET, file, &verdict), PICOTUF_OK, "");
    EXPECT(picotuf_download(options, TARGET, downloads, &verdict), PICOTUF_USAGE, "usage");

    struct file bytes = read_file(file);
    bytes.data[bytes.length / 2] ^= 1;
    write_file(file, bytes.data, bytes.length);
    EXPECT(picotuf_verify_file(options, TARGET, file, &verdict), PICOTUF_REFUSED, "hash-mismatch");
    write_file(file, bytes.data, bytes.length - 1);
    EXPECT(picotuf_verify_file(options, TARGET, file, &verdict), PICOTUF_REFUSED,
           "length-mismatch");
    free(bytes.data);
    CHECK(remove(file) == 0);
    EXPECT(picotuf_verify_file(options, TARGET, file, &verdict), PICOTUF_REFUSED, "io");

    /* The day after, the timestamp has expired. */
    options->now = DEMO_TIME + 86400;
    EXPECT(picotuf_find(options, TARGET, &verdict), PICOTUF_REFUSED, "expired");
    /* A limit is one. */
    options->now = DEMO_TIME;
    options->root_length = 10;
    EXPECT(picotuf_find(options, TARGET, &verdict), PICOTUF_REFUSED, "limit-reached");
    free(file);
    free(downloads);
    drop_client(&client);
}

struct network {
    const char *folder;
    unsigned fetched;
    int fails_with;
    picotuf_sink *last;
};

/* Answers http://demo/ from a folder, in small pieces. */
static int32_t fetch(void *context, const char *url, uint64_t max_length, picotuf_sink *sink) {
    struct network *network = context;
    network->fetched++;
    network->last = sink;
    CHECK(strncmp(url, "http://demo/", 12) == 0);
    if (network->fails_with != 0) {
        return network->fails_with;
    }
    struct file file = read_file(path_of(network->folder, url + 12));
    if (file.data == NULL) {
        return PICOTUF_FETCH_ABSENT;
    }
    CHECK(max_length > file.length);
    CHECK(picotuf_sink_write(sink, NULL, 0) == PICOTUF_OK);
    CHECK(picotuf_sink_write(sink, NULL, 1) == PICOTUF_USAGE);
    for (size_t place = 0; place < file.length; place += 1000) {
        size_t count = file.length - place < 1000 ? file.length - place : 1000;
        CHECK(picotuf_sink_write(sink, file.data + place, count) == PICOTUF_OK);
    }
    free(file.data);
    return PICOTUF_FETCH_FOUND;
}

/* Writes without an end, as a hostile server does, until it is told to stop. */
static int32_t fetch_without_end(void *context, const char *url, uint64_t max_length,
                                 picotuf_sink *sink) {
    static const unsigned char blanks[4096];
    uint64_t *written = context;
    (void)url;
    while (picotuf_sink_write(sink, blanks, sizeof blanks) == PICOTUF_OK) {
        *written += sizeof blanks;
        CHECK(*written <= max_length);
    }
    return PICOTUF_FETCH_FOUND;
}

static void a_fetch_function_brings_the_files_and_its_failure_is_an_error(void) {
    struct demo_client client = demo_client("fetch");
    struct network network = {demo, 0, 0, NULL};
    client.options.metadata_url = "http://demo/metadata";
    client.options.target_url = "http://demo/targets";
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_USAGE, "usage");
    client.options.fetch = fetch;
    client.options.context = &network;
    EXPECT(picotuf_find(&client.options, TARGET, &verdict), PICOTUF_OK, "");
    /* 2.root, timestamp, snapshot, targets and the delegated roles on the way. */
    CHECK(network.fetched >= 6);
    char *downloads = copy(path_of(work, "fetched"));
    CHECK(mkdir(downloads, 0700) == 0);
    EXPECT(picotuf_download(&client.options, TARGET, downloads, &verdict), PICOTUF_OK, "");
    free(downloads);
    for (int status = PICOTUF_FETCH_FAILED; status < 5; status++) {
        network.fails_with = status;
        EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_REFUSED, "connection");
    }
    network.fails_with = -1;
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_REFUSED, "connection");
    network.fails_with = PICOTUF_FETCH_ABSENT;
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_REFUSED, "missing-file");
    uint64_t written = 0;
    client.options.fetch = fetch_without_end;
    client.options.context = &written;
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_REFUSED, "limit-reached");
    drop_client(&client);
}

/* Another root than the trusted one is not taken. */
static void another_root_is_refused(void) {
    struct demo_client client = demo_client("another-root");
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_OK, "");
    struct file other = read_file(path_of(demo, "attested/root.json"));
    client.options.root = other.data;
    client.options.root_size = other.length;
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_USAGE, "already-initialized");
    client.options.root_size = other.length - 1;
    EXPECT(picotuf_refresh(&client.options, &verdict), PICOTUF_REFUSED, "unexpected-end");
    free(other.data);
    drop_client(&client);
}

/* Drives a session with files below `folder`, up to `steps` steps. */
static int drive(picotuf_session *session, const char *folder, const char *metadata, int steps) {
    for (int count = 0; count < steps; count++) {
        picotuf_step step = {0};
        step.size = sizeof step;
        CHECK(picotuf_session_step(session, &step) == PICOTUF_OK);
        struct file file = {NULL, 0};
        int status = PICOTUF_OK;
        switch (step.kind) {
        case PICOTUF_STEP_DONE:
            return PICOTUF_OK;
        case PICOTUF_STEP_LOAD:
        case PICOTUF_STEP_FETCH:
            CHECK(step.data == NULL && step.data_length == 0);
            file = step.kind == PICOTUF_STEP_LOAD ? read_file(path_of(folder, step.file))
                                                  : read_file(path_of(metadata, step.name));
            CHECK(file.length <= step.max_length);
            status = picotuf_session_answer(
                session, file.data != NULL ? PICOTUF_ANSWER_FILE : PICOTUF_ANSWER_ABSENT,
                file.data, file.length);
            free(file.data);
            break;
        case PICOTUF_STEP_STORE:
            write_file(path_of(folder, step.file), step.data, step.data_length);
            status = picotuf_session_answer(session, PICOTUF_ANSWER_DONE, NULL, 0);
            break;
        case PICOTUF_STEP_DELETE:
            remove(path_of(folder, step.file));
            status = picotuf_session_answer(session, PICOTUF_ANSWER_DONE, NULL, 0);
            break;
        default:
            CHECK(!"a known step");
        }
        if (status != PICOTUF_OK) {
            return status;
        }
    }
    return -1;
}

static picotuf_session *open_session(const char *folder) {
    picotuf_session_options options = {0};
    options.size = sizeof options;
    options.now = DEMO_TIME;
    mkdir(folder, 0700);
    struct file root = read_file(path_of(demo, "root.json"));
    write_file(path_of(folder, "root.json"), root.data, root.length);
    free(root.data);
    picotuf_session *session = NULL;
    CHECK(picotuf_session_open(&options, &session, NULL) == PICOTUF_OK && session != NULL);
    return session;
}

static struct file demo_target(void) {
    struct demo_client client = demo_client("target");
    char *downloads = copy(path_of(work, "target-file"));
    mkdir(downloads, 0700);
    CHECK(picotuf_download(&client.options, TARGET, downloads, NULL) == PICOTUF_OK);
    struct file file = read_file(path_of(downloads, TARGET));
    free(downloads);
    drop_client(&client);
    return file;
}

static void session_verifies(const char *name, const struct file *file) {
    char *folder = copy(path_of(work, name));
    char *metadata = copy(path_of(demo, "metadata"));
    picotuf_session *session = open_session(folder);
    CHECK(picotuf_session_find(session, TARGET) == PICOTUF_OK);
    CHECK(drive(session, folder, metadata, 1000) == PICOTUF_OK);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_OK, "");
    for (size_t place = 0; place < file->length; place += 500) {
        size_t count = file->length - place < 500 ? file->length - place : 500;
        CHECK(picotuf_session_check(session, file->data + place, count) == PICOTUF_OK);
        /* Half a file is none. */
        EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "unexpected-call");
    }
    CHECK(picotuf_session_finish(session) == PICOTUF_OK);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_OK, "");

    CHECK(picotuf_session_check(session, file->data, file->length - 1) == PICOTUF_OK);
    CHECK(picotuf_session_check(session, (const unsigned char *)"?", 1) == PICOTUF_OK);
    CHECK(picotuf_session_finish(session) == PICOTUF_REFUSED);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "hash-mismatch");
    CHECK(picotuf_session_check(session, file->data, file->length) == PICOTUF_OK);
    CHECK(picotuf_session_check(session, file->data, 1) == PICOTUF_REFUSED);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "length-mismatch");
    /* A program that did not look at the status is told at the end. */
    CHECK(picotuf_session_check(session, file->data, 1) == PICOTUF_REFUSED);
    CHECK(picotuf_session_finish(session) == PICOTUF_REFUSED);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "length-mismatch");
    /* And the next file has another chance. */
    CHECK(picotuf_session_check(session, file->data, file->length) == PICOTUF_OK);
    CHECK(picotuf_session_finish(session) == PICOTUF_OK);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_OK, "");

    CHECK(picotuf_session_find(session, "no/such.whl") == PICOTUF_OK);
    CHECK(drive(session, folder, metadata, 1000) == PICOTUF_REFUSED);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "target-not-found");
    CHECK(picotuf_session_finish(session) == PICOTUF_REFUSED);
    CHECK(picotuf_session_close(&session) == PICOTUF_OK && session == NULL);
    free(metadata);
    free(folder);
}

static void a_session_is_driven_step_by_step(void) {
    struct file file = demo_target();
    session_verifies("session", &file);
    free(file.data);
}

/* The answer of a mirror that is refused costs nothing: another mirror can answer. */
static void another_answer_can_follow_a_refused_one(void) {
    char *folder = copy(path_of(work, "mirrors"));
    char *metadata = copy(path_of(demo, "metadata"));
    picotuf_session *session = open_session(folder);
    picotuf_step step = {0};
    step.size = sizeof step;
    for (int timestamps = 0; timestamps < 2;) {
        CHECK(picotuf_session_step(session, &step) == PICOTUF_OK);
        if (step.kind == PICOTUF_STEP_FETCH && strcmp(step.name, "timestamp.json") == 0) {
            const unsigned char wrong[] = "{}";
            CHECK(picotuf_session_answer(session, PICOTUF_ANSWER_FILE, wrong, 2) ==
                  PICOTUF_REFUSED);
            EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "missing-member");
            timestamps++;
        } else {
            CHECK(drive(session, folder, metadata, 1) == -1);
        }
    }
    CHECK(drive(session, folder, metadata, 1000) == PICOTUF_OK);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_OK, "");
    CHECK(picotuf_session_close(&session) == PICOTUF_OK);
    free(metadata);
    free(folder);
}

static void *thread(void *argument) {
    const struct file *file = argument;
    static int count;
    char name[32];
    snprintf(name, sizeof name, "thread-%d", __sync_fetch_and_add(&count, 1));
    session_verifies(name, file);
    return NULL;
}

static void two_threads_have_two_sessions(void) {
    struct file file = demo_target();
    pthread_t threads[2];
    for (int number = 0; number < 2; number++) {
        CHECK(pthread_create(&threads[number], NULL, thread, &file) == 0);
    }
    for (int number = 0; number < 2; number++) {
        CHECK(pthread_join(threads[number], NULL) == 0);
    }
    free(file.data);
}

static void an_attestation_is_verified_with_a_trusted_root(void) {
    struct file provenance = read_file(path_of(demo, "attested/" ATTESTED ".provenance"));
    struct file root = read_file(
        path_of(demo, "attested/sigstore/targets/"
                "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66"
                ".trusted_root.json"));
    char *file = copy(path_of(demo, "attested/" ATTESTED));
    CHECK(provenance.length > 0 && root.length > 0);
    picotuf_attestation_options options = {0};
    options.size = sizeof options;
    options.file = file;
    options.provenance = provenance.data;
    options.provenance_size = provenance.length;
    options.trusted_root = root.data;
    options.trusted_root_size = root.length;
    options.publisher = "github:trailofbits/pypi-attestations:release.yml";
    options.now = DEMO_TIME;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_OK, "");
    options.publisher = "github:somebody/else:release.yml";
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_REFUSED, "other-publisher");
    options.publisher = "somebody";
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_USAGE, "usage");
    options.publisher = NULL;
    /* Before it was signed. */
    options.now = 1700000000;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_REFUSED, "not-yet");
    options.now = 0;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_OK, "");
    unsigned char sha256[32] = {0};
    options.sha256 = sha256;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_USAGE, "usage");
    options.file = NULL;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_USAGE, "usage");
    options.name = ATTESTED;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_REFUSED, "subject-digest");
    options.provenance_size /= 2;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_REFUSED, "unexpected-end");
    options.provenance = NULL;
    EXPECT(picotuf_verify_attestation(&options, &verdict), PICOTUF_USAGE, "usage");
    free(file);
    free(root.data);
    free(provenance.data);
}

static void wrong_arguments_are_errors(void) {
    struct demo_client client = demo_client("wrong");
    picotuf_client_options *options = &client.options;
    EXPECT(picotuf_refresh(NULL, &verdict), PICOTUF_USAGE, "usage");
    EXPECT(picotuf_find(options, NULL, &verdict), PICOTUF_USAGE, "usage");
    EXPECT(picotuf_verify_file(options, TARGET, NULL, &verdict), PICOTUF_USAGE, "usage");
    EXPECT(picotuf_download(options, TARGET, NULL, &verdict), PICOTUF_USAGE, "usage");
    EXPECT(picotuf_find(options, "\xff\xfe", &verdict), PICOTUF_USAGE, "usage");
    EXPECT(picotuf_verify_attestation(NULL, &verdict), PICOTUF_USAGE, "usage");
    options->metadata_dir = NULL;
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "usage");
    options->metadata_dir = "";
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "usage");
    options->metadata_dir = client.trusted;
    options->metadata_url = "gopher://demo/";
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "usage");
    options->metadata_url = client.metadata;
    options->root = NULL;
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "usage");
    options->root_size = 0;
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_REFUSED, "not-initialized");
    options->root = client.root.data;
    options->root_size = SIZE_MAX;
    EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "usage");
    options->root_size = client.root.length;
    /* A size that is not set, too short, or of no version. */
    size_t sizes[] = {0, 8, sizeof *options - 1, 4097, SIZE_MAX};
    for (size_t number = 0; number < sizeof sizes / sizeof *sizes; number++) {
        options->size = sizes[number];
        EXPECT(picotuf_refresh(options, &verdict), PICOTUF_USAGE, "usage");
    }
    /* The struct of a newer version: its new members are not understood unless they are 0. */
    struct {
        picotuf_client_options options;
        uint64_t newer;
    } newer = {*options, 0};
    newer.options.size = sizeof newer;
    EXPECT(picotuf_refresh(&newer.options, &verdict), PICOTUF_OK, "");
    newer.newer = 1;
    EXPECT(picotuf_refresh(&newer.options, &verdict), PICOTUF_USAGE, "usage");
    /* A verdict that is not wanted. */
    options->size = sizeof *options;
    CHECK(picotuf_refresh(options, NULL) == PICOTUF_OK);
    CHECK(picotuf_refresh(NULL, NULL) == PICOTUF_USAGE);
    CHECK(picotuf_sink_write(NULL, NULL, 0) == PICOTUF_USAGE);
    drop_client(&client);
}

static void wrong_handles_and_calls_out_of_order_are_errors(void) {
    picotuf_step step = {0};
    CHECK(picotuf_session_step(NULL, &step) == PICOTUF_USAGE);
    CHECK(picotuf_session_find(NULL, "x") == PICOTUF_USAGE);
    CHECK(picotuf_session_answer(NULL, 0, NULL, 0) == PICOTUF_USAGE);
    CHECK(picotuf_session_check(NULL, NULL, 0) == PICOTUF_USAGE);
    CHECK(picotuf_session_finish(NULL) == PICOTUF_USAGE);
    CHECK(picotuf_session_verdict(NULL, NULL) == PICOTUF_USAGE);
    CHECK(picotuf_session_close(NULL) == PICOTUF_USAGE);
    CHECK(picotuf_verdict_close(NULL) == PICOTUF_USAGE);
    CHECK(picotuf_verdict_json(NULL) == NULL && picotuf_verdict_code(NULL) == NULL &&
          picotuf_verdict_message(NULL) == NULL);
    picotuf_session_options options = {0};
    picotuf_session *session = NULL;
    EXPECT(picotuf_session_open(NULL, &session, &verdict), PICOTUF_USAGE, "usage");
    EXPECT(picotuf_session_open(&options, &session, &verdict), PICOTUF_USAGE, "usage");
    options.size = sizeof options;
    EXPECT(picotuf_session_open(&options, NULL, &verdict), PICOTUF_USAGE, "usage");
    CHECK(session == NULL);

    char *folder = copy(path_of(work, "order"));
    char *metadata = copy(path_of(demo, "metadata"));
    session = open_session(folder);
    /* Nothing is verified yet. */
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "unexpected-call");
    CHECK(picotuf_session_verdict(session, NULL) == PICOTUF_REFUSED);
    CHECK(picotuf_session_step(session, NULL) == PICOTUF_USAGE);
    CHECK(picotuf_session_step(session, &step) == PICOTUF_USAGE); /* Its size is 0. */
    CHECK(picotuf_session_answer(session, PICOTUF_ANSWER_DONE, NULL, 0) == PICOTUF_REFUSED);
    CHECK(picotuf_session_answer(session, 3, NULL, 0) == PICOTUF_USAGE);
    CHECK(picotuf_session_answer(session, -1, NULL, 0) == PICOTUF_USAGE);
    CHECK(picotuf_session_answer(session, PICOTUF_ANSWER_FILE, NULL, 1) == PICOTUF_USAGE);
    CHECK(picotuf_session_answer(session, PICOTUF_ANSWER_FILE, (unsigned char *)"", SIZE_MAX) ==
          PICOTUF_USAGE);
    CHECK(picotuf_session_check(session, (unsigned char *)"x", 1) == PICOTUF_REFUSED);
    CHECK(picotuf_session_finish(session) == PICOTUF_REFUSED);
    CHECK(picotuf_session_find(session, NULL) == PICOTUF_USAGE);
    CHECK(picotuf_session_find(session, "\xc3") == PICOTUF_USAGE);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_REFUSED, "usage");
    CHECK(picotuf_session_find(session, TARGET) == PICOTUF_OK);
    CHECK(picotuf_session_find(session, TARGET) == PICOTUF_REFUSED);
    /* None of that has done harm. */
    CHECK(drive(session, folder, metadata, 1000) == PICOTUF_OK);
    EXPECT(picotuf_session_verdict(session, &verdict), PICOTUF_OK, "");

    /* A handle of another kind is told by its first bytes. */
    picotuf_verdict *verdict = NULL;
    CHECK(picotuf_session_verdict(session, &verdict) == PICOTUF_OK);
    CHECK(picotuf_session_finish((picotuf_session *)(void *)verdict) == PICOTUF_USAGE);
    CHECK(picotuf_verdict_json((picotuf_verdict *)(void *)session) == NULL);
    CHECK(picotuf_sink_write((picotuf_sink *)(void *)session, NULL, 0) == PICOTUF_USAGE);
    CHECK(picotuf_session_finish((picotuf_session *)(void *)((char *)session + 1)) ==
          PICOTUF_USAGE);
    void *wrong = session;
    CHECK(picotuf_verdict_close((picotuf_verdict **)&wrong) == PICOTUF_USAGE && wrong == session);
    CHECK(picotuf_verdict_close(&verdict) == PICOTUF_OK && verdict == NULL);
    CHECK(picotuf_verdict_close(&verdict) == PICOTUF_OK);
    CHECK(picotuf_session_close(&session) == PICOTUF_OK && session == NULL);
    CHECK(picotuf_session_close(&session) == PICOTUF_OK);
    CHECK(picotuf_session_finish(session) == PICOTUF_USAGE);
    free(metadata);
    free(folder);
}

#ifdef PICOTUF_TEST_PANICS
/* Exports of the feature `panics`, which are in no header. */
int32_t picotuf_test_panic(picotuf_verdict **verdict);
int32_t picotuf_test_session_panic(picotuf_session *session);

static void a_panic_is_an_error_of_the_host(void) {
    EXPECT(picotuf_test_panic(&verdict), PICOTUF_PANIC, "internal");
    CHECK(picotuf_test_panic(NULL) == PICOTUF_PANIC);
    char *folder = copy(path_of(work, "panic"));
    picotuf_session *session = open_session(folder);
    CHECK(picotuf_test_session_panic(session) == PICOTUF_PANIC);
    /* From then on the session can only be closed. */
    CHECK(picotuf_session_find(session, TARGET) == PICOTUF_PANIC);
    CHECK(picotuf_session_verdict(session, NULL) == PICOTUF_PANIC);
    CHECK(picotuf_session_close(&session) == PICOTUF_OK);
    free(folder);
}
#endif

struct test {
    void (*run)(void);
};

static void *run_test(void *argument) {
    ((struct test *)argument)->run();
    return NULL;
}

/* Runs a test on a thread with the stack that musl gives threads, if nothing else is asked for. */
static void run(void (*test)(void), const char *name) {
    struct test wanted = {test};
    pthread_attr_t small;
    pthread_t thread;
    CHECK(pthread_attr_init(&small) == 0);
    CHECK(pthread_attr_setstacksize(&small, 128 * 1024) == 0);
    CHECK(pthread_create(&thread, &small, run_test, &wanted) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_attr_destroy(&small) == 0);
    puts(name);
}

#define RUN(test) run(test, #test)

int main(int count, char **words) {
    CHECK(count == 3);
    demo = words[1];
    work = words[2];
    CHECK(picotuf_abi_version() == PICOTUF_ABI_VERSION);
    RUN(one_call_verifies_a_file_and_refuses_a_changed_one);
    RUN(a_fetch_function_brings_the_files_and_its_failure_is_an_error);
    RUN(another_root_is_refused);
    RUN(a_session_is_driven_step_by_step);
    RUN(another_answer_can_follow_a_refused_one);
    RUN(two_threads_have_two_sessions);
    RUN(an_attestation_is_verified_with_a_trusted_root);
    RUN(wrong_arguments_are_errors);
    RUN(wrong_handles_and_calls_out_of_order_are_errors);
#ifdef PICOTUF_TEST_PANICS
    RUN(a_panic_is_an_error_of_the_host);
#endif
    return 0;
}
