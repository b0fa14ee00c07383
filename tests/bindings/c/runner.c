/* Runs the table of verdicts on libpicotuf: `runner [--one-call] FOLDER`. tests/hosts/README.md
 * describes the protocol.
 *
 * Sessions are driven step by step or, with --one-call, by whole updates in one call. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <picotuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
    unsigned char *data;
    size_t length;
};

static char *join(const char *folder, const char *name) {
    char *path = malloc(strlen(folder) + strlen(name) + 2);
    if (path == NULL) {
        abort();
    }
    sprintf(path, "%s/%s", folder, name);
    return path;
}

/* Reads a file, and puts a NUL byte behind it. `data` is NULL where there is none. */
static struct file read_file(const char *folder, const char *name) {
    struct file file = {NULL, 0};
    char *path = join(folder, name);
    FILE *stream = fopen(path, "rb");
    free(path);
    if (stream == NULL) {
        return file;
    }
    for (size_t room = 0, count = 1; count > 0; file.length += count) {
        if (file.length + 1 >= room) {
            room = 2 * room + 65536;
            file.data = realloc(file.data, room);
            if (file.data == NULL) {
                abort();
            }
        }
        count = fread(file.data + file.length, 1, room - file.length - 1, stream);
    }
    file.data[file.length] = '\0';
    fclose(stream);
    return file;
}

static void write_file(const char *folder, const char *name, const void *data, size_t length) {
    char *path = join(folder, name);
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(data, 1, length, stream) != length || fclose(stream) != 0) {
        abort();
    }
    free(path);
}

struct limits {
    uint64_t root, timestamp, snapshot, targets;
    uint32_t rotations, delegations;
};

static struct limits read_limits(const char *folder) {
    struct limits limits = {0};
    struct file file = read_file(folder, "limits");
    char name[32];
    unsigned long long number;
    if (file.data != NULL && sscanf((char *)file.data, "%31s %llu", name, &number) == 2) {
        if (strcmp(name, "root_length") == 0) {
            limits.root = number;
        } else if (strcmp(name, "timestamp_length") == 0) {
            limits.timestamp = number;
        } else if (strcmp(name, "snapshot_length") == 0) {
            limits.snapshot = number;
        } else if (strcmp(name, "targets_length") == 0) {
            limits.targets = number;
        } else if (strcmp(name, "root_rotations") == 0) {
            limits.rotations = (uint32_t)number;
        } else if (strcmp(name, "delegations") == 0) {
            limits.delegations = (uint32_t)number;
        } else {
            abort();
        }
    }
    free(file.data);
    return limits;
}

static int64_t seconds(const char *folder) {
    struct file file = read_file(folder, "seconds");
    int64_t now = atoll((char *)file.data);
    free(file.data);
    return now;
}

static void drive(picotuf_session *session, const char *stored, const char *repository) {
    for (;;) {
        picotuf_step step = {0};
        step.size = sizeof step;
        if (picotuf_session_step(session, &step) != PICOTUF_OK) {
            abort();
        }
        struct file file = {NULL, 0};
        int answer = PICOTUF_ANSWER_DONE;
        if (step.kind == PICOTUF_STEP_DONE) {
            return;
        } else if (step.kind == PICOTUF_STEP_STORE) {
            write_file(stored, step.file, step.data, step.data_length);
        } else if (step.kind == PICOTUF_STEP_DELETE) {
            char *path = join(stored, step.file);
            remove(path);
            free(path);
        } else {
            int is_load = step.kind == PICOTUF_STEP_LOAD;
            file = read_file(is_load ? stored : repository, is_load ? step.file : step.name);
            answer = file.data != NULL ? PICOTUF_ANSWER_FILE : PICOTUF_ANSWER_ABSENT;
        }
        int status = picotuf_session_answer(session, answer, file.data, file.length);
        free(file.data);
        if (status != PICOTUF_OK) {
            return;
        }
    }
}

static picotuf_verdict *by_steps(const char *folder, int offline) {
    struct limits limits = read_limits(folder);
    picotuf_session_options options = {0};
    options.size = sizeof options;
    options.now = seconds(folder);
    options.offline = offline;
    options.root_length = limits.root;
    options.timestamp_length = limits.timestamp;
    options.snapshot_length = limits.snapshot;
    options.targets_length = limits.targets;
    options.root_rotations = limits.rotations;
    options.delegations = limits.delegations;
    picotuf_session *session = NULL;
    picotuf_verdict *verdict = NULL;
    if (picotuf_session_open(&options, &session, NULL) != PICOTUF_OK) {
        abort();
    }
    struct file target = read_file(folder, "target"), file = read_file(folder, "file");
    char *stored = join(folder, "stored"), *repository = join(folder, "repository");
    picotuf_session_find(session, (char *)target.data);
    drive(session, stored, repository);
    if (picotuf_session_verdict(session, NULL) == PICOTUF_OK &&
        picotuf_session_check(session, file.data, file.length) == PICOTUF_OK) {
        picotuf_session_finish(session);
    }
    picotuf_session_verdict(session, &verdict);
    picotuf_session_close(&session);
    free(stored);
    free(repository);
    free(target.data);
    free(file.data);
    return verdict;
}

static picotuf_verdict *by_one_call(const char *folder, int offline) {
    struct limits limits = read_limits(folder);
    char *stored = join(folder, "stored"), *repository = join(folder, "repository");
    char *path = join(folder, "file");
    picotuf_client_options options = {0};
    options.size = sizeof options;
    options.metadata_dir = stored;
    options.metadata_url = repository;
    options.now = seconds(folder);
    options.offline = offline;
    options.root_length = limits.root;
    options.timestamp_length = limits.timestamp;
    options.snapshot_length = limits.snapshot;
    options.targets_length = limits.targets;
    options.root_rotations = limits.rotations;
    options.delegations = limits.delegations;
    struct file target = read_file(folder, "target");
    picotuf_verdict *verdict = NULL;
    picotuf_verify_file(&options, (char *)target.data, path, &verdict);
    free(target.data);
    free(stored);
    free(repository);
    free(path);
    return verdict;
}

static picotuf_verdict *attestation(const char *folder) {
    struct file name = read_file(folder, "name"), publisher = read_file(folder, "publisher");
    struct file provenance = read_file(folder, "provenance");
    struct file root = read_file(folder, "trusted_root");
    char *path = join(folder, "file");
    picotuf_attestation_options options = {0};
    options.size = sizeof options;
    options.file = path;
    options.name = (char *)name.data;
    options.publisher = (char *)publisher.data;
    options.provenance = provenance.data;
    options.provenance_size = provenance.length;
    options.trusted_root = root.data;
    options.trusted_root_size = root.length;
    options.now = seconds(folder);
    picotuf_verdict *verdict = NULL;
    picotuf_verify_attestation(&options, &verdict);
    free(name.data);
    free(publisher.data);
    free(provenance.data);
    free(root.data);
    free(path);
    return verdict;
}

int main(int count, char **words) {
    int one_call = count == 3 && strcmp(words[1], "--one-call") == 0;
    const char *cases = words[count - 1];
    struct dirent **names = NULL;
    int found = count > 1 ? scandir(cases, &names, NULL, alphasort) : -1;
    if (found < 0) {
        fprintf(stderr, "usage: runner [--one-call] FOLDER\n");
        return 2;
    }
    for (int number = 0; number < found; number++) {
        const char *name = names[number]->d_name;
        if (name[0] != '.') {
            char *folder = join(cases, name);
            struct file kind = read_file(folder, "kind");
            int offline = strcmp((char *)kind.data, "offline") == 0;
            picotuf_verdict *verdict =
                strcmp((char *)kind.data, "attestation") == 0 ? attestation(folder)
                : one_call                                    ? by_one_call(folder, offline)
                                                              : by_steps(folder, offline);
            printf("%s\t%s\n", name, picotuf_verdict_json(verdict));
            picotuf_verdict_close(&verdict);
            free(kind.data);
            free(folder);
        }
        free(names[number]);
    }
    free(names);
    return 0;
}
