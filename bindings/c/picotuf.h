/* picotuf verifies TUF repositories and PyPI's attestations. docs/embedding.md is its guide.
 *
 * Every function returns PICOTUF_OK or says why not, and takes null for a verdict that is not
 * wanted. Texts end with a NUL byte and are UTF-8. Structs begin with their size: set them to zero,
 * and size to sizeof. A handle is used by one thread at a time, and closed once.
 *
 * cbindgen writes this file. */

#ifndef PICOTUF_H
#define PICOTUF_H

#include <stddef.h>
#include <stdint.h>

/**
 * The version of the ABI that this header describes. It changes where a program has to be built
 * again.
 */
#define PICOTUF_ABI_VERSION 1

/**
 * The file was there, and all of its bytes were written.
 */
#define PICOTUF_FETCH_FOUND 0

/**
 * There is no such file: HTTP status 403 or 404.
 */
#define PICOTUF_FETCH_ABSENT 1

/**
 * Anything else went wrong.
 */
#define PICOTUF_FETCH_FAILED 2

/**
 * All that was asked for is verified.
 */
#define PICOTUF_OK 0

/**
 * Something was refused: the verdict says what and why.
 */
#define PICOTUF_REFUSED 1

/**
 * The arguments are wrong, or the call comes at the wrong time. Nothing was verified.
 */
#define PICOTUF_USAGE 2

/**
 * A bug of the library. Nothing was verified, and the handle can only be closed.
 */
#define PICOTUF_PANIC 3

/**
 * The session is done.
 */
#define PICOTUF_STEP_DONE 0

/**
 * Answer with the stored file called `file`, or that it is absent.
 */
#define PICOTUF_STEP_LOAD 1

/**
 * Answer with the file called `name` of the repository's metadata, or that it is absent (HTTP
 * status 403 or 404 only). At any other failure, stop.
 */
#define PICOTUF_STEP_FETCH 2

/**
 * Store `data` as the file called `file`, durably, and answer that it is done.
 */
#define PICOTUF_STEP_STORE 3

/**
 * Delete the stored file called `file`, and answer that it is done.
 */
#define PICOTUF_STEP_DELETE 4

/**
 * The file is in `data`.
 */
#define PICOTUF_ANSWER_FILE 0

/**
 * There is no such file.
 */
#define PICOTUF_ANSWER_ABSENT 1

/**
 * It is stored or deleted.
 */
#define PICOTUF_ANSWER_DONE 2

/**
 * A session with a repository.
 */
typedef struct picotuf_session picotuf_session;

/**
 * Takes the bytes of one fetch. It is gone when the fetch function returns.
 */
typedef struct picotuf_sink picotuf_sink;

/**
 * A verdict. It does not change.
 */
typedef struct picotuf_verdict picotuf_verdict;

/**
 * What is attested, about which file. Members that are 0 have their default.
 */
typedef struct picotuf_attestation_options {
    /**
     * sizeof(struct picotuf_attestation_options).
     */
    size_t size;
    /**
     * The path of the file, whose last part is its name in the index.
     */
    const char *file;
    /**
     * The name of the file in the index, if it is another than that of `file`.
     */
    const char *name;
    /**
     * The 32 bytes of the file's SHA-256, in place of `file`.
     */
    const uint8_t *sha256;
    /**
     * The provenance document of the index.
     */
    const uint8_t *provenance;
    /**
     * The length of `provenance`, in bytes.
     */
    size_t provenance_size;
    /**
     * Sigstore's trusted_root.json, which the program trusts: a verified target of Sigstore's
     * repository.
     */
    const uint8_t *trusted_root;
    /**
     * The length of `trusted_root`, in bytes.
     */
    size_t trusted_root_size;
    /**
     * The publisher that must have published the file, as `github:owner/repository:workflow`.
     * Null: the verdict says who did, and not whether that is the right one.
     */
    const char *publisher;
    /**
     * The present time in seconds since 1970; 0 for the system's clock. A later signature does
     * not hold.
     */
    int64_t now;
} picotuf_attestation_options;

/**
 * Fetches a URL and writes its bytes with picotuf_sink_write, up to `max_length` of them. Returns
 * one of PICOTUF_FETCH_*. It is called by the thread that called the library, and must not throw
 * or jump out.
 */
typedef int32_t (*picotuf_fetch)(void *context,
                                 const char *url,
                                 uint64_t max_length,
                                 struct picotuf_sink *sink);

/**
 * What a client works with. Members that are 0 have their default.
 */
typedef struct picotuf_client_options {
    /**
     * sizeof(struct picotuf_client_options).
     */
    size_t size;
    /**
     * The folder of the trusted metadata, which is made if it does not exist.
     */
    const char *metadata_dir;
    /**
     * The URL or the folder of the repository's metadata. Null is enough where `offline` is set.
     */
    const char *metadata_url;
    /**
     * The URL or the folder of the repository's targets, which picotuf_download needs.
     */
    const char *target_url;
    /**
     * The root metadata that comes with the program and is trusted. Null where the folder has one.
     */
    const uint8_t *root;
    /**
     * The length of `root`, in bytes.
     */
    size_t root_size;
    /**
     * Fetches URLs. Null where the repository is in folders.
     */
    picotuf_fetch fetch;
    /**
     * What `fetch` gets.
     */
    void *context;
    /**
     * The present time in seconds since 1970, for all checks of expiry; 0 for the system's clock.
     */
    int64_t now;
    /**
     * Not 0: only stored metadata is used.
     */
    int32_t offline;
    /**
     * How many new roots one update follows.
     */
    uint32_t root_rotations;
    /**
     * How many delegated roles one search visits.
     */
    uint32_t delegations;
    /**
     * The longest root, in bytes.
     */
    uint64_t root_length;
    /**
     * The longest timestamp, in bytes.
     */
    uint64_t timestamp_length;
    /**
     * The longest snapshot, in bytes, where the timestamp states no length.
     */
    uint64_t snapshot_length;
    /**
     * The longest targets file, in bytes, where the snapshot states no length.
     */
    uint64_t targets_length;
} picotuf_client_options;

/**
 * What a session works with. Members that are 0 have their default.
 */
typedef struct picotuf_session_options {
    /**
     * sizeof(struct picotuf_session_options).
     */
    size_t size;
    /**
     * The present time in seconds since 1970, for all checks of expiry; 0 for the system's clock.
     */
    int64_t now;
    /**
     * Not 0: only stored metadata is used.
     */
    int32_t offline;
    /**
     * How many new roots one update follows.
     */
    uint32_t root_rotations;
    /**
     * How many delegated roles one search visits.
     */
    uint32_t delegations;
    /**
     * The longest root, in bytes.
     */
    uint64_t root_length;
    /**
     * The longest timestamp, in bytes.
     */
    uint64_t timestamp_length;
    /**
     * The longest snapshot, in bytes, where the timestamp states no length.
     */
    uint64_t snapshot_length;
    /**
     * The longest targets file, in bytes, where the snapshot states no length.
     */
    uint64_t targets_length;
} picotuf_session_options;

/**
 * What a session needs next. The texts and the data live until the next call with the session.
 */
typedef struct picotuf_step {
    /**
     * sizeof(struct picotuf_step).
     */
    size_t size;
    /**
     * One of PICOTUF_STEP_*.
     */
    int32_t kind;
    /**
     * The maximum length of the file. One byte more is enough to be seen as too long.
     */
    uint64_t max_length;
    /**
     * The name of the stored file: a plain file name.
     */
    const char *file;
    /**
     * The name of the file in the repository, percent-encoded.
     */
    const char *name;
    /**
     * What is to be stored.
     */
    const uint8_t *data;
    /**
     * The length of `data`, in bytes.
     */
    size_t data_length;
} picotuf_step;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of the ABI of the library, which is to be compared with
 * PICOTUF_ABI_VERSION.
 */
uint32_t picotuf_abi_version(void);

/**
 * Verifies what is attested about a file.
 *
 * # Safety
 * `options` is null, or points to a struct as long as its size says, whose texts end with a NUL
 * byte and whose documents are as long as it says; `verdict` is null or points to a variable.
 */
int32_t picotuf_verify_attestation(const struct picotuf_attestation_options *options,
                                   struct picotuf_verdict **verdict);

/**
 * Updates the trusted metadata.
 *
 * # Safety
 * `options` is null, or points to a struct as long as its size says, whose texts end with a NUL
 * byte and whose root is as long as it says; `verdict` is null or points to a variable.
 */
int32_t picotuf_refresh(const struct picotuf_client_options *options,
                        struct picotuf_verdict **verdict);

/**
 * Updates the trusted metadata, and finds a target: its length, hashes and custom metadata are in
 * the verdict.
 *
 * # Safety
 * As picotuf_refresh; `target_path` is null or a text that ends with a NUL byte.
 */
int32_t picotuf_find(const struct picotuf_client_options *options,
                     const char *target_path,
                     struct picotuf_verdict **verdict);

/**
 * Updates the trusted metadata, and verifies a local file as a target. PICOTUF_OK: it is the
 * signed one.
 *
 * # Safety
 * As picotuf_find; `file` is null or a text that ends with a NUL byte.
 */
int32_t picotuf_verify_file(const struct picotuf_client_options *options,
                            const char *target_path,
                            const char *file,
                            struct picotuf_verdict **verdict);

/**
 * Updates the trusted metadata, and downloads a target to its path below a folder. The file is
 * there only after it was verified.
 *
 * # Safety
 * As picotuf_find; `folder` is null or a text that ends with a NUL byte.
 */
int32_t picotuf_download(const struct picotuf_client_options *options,
                         const char *target_path,
                         const char *folder,
                         struct picotuf_verdict **verdict);

/**
 * Takes the next bytes of the file that is being fetched. After anything but PICOTUF_OK no more
 * bytes are wanted.
 *
 * # Safety
 * `sink` is null or what the fetch function was given, which has not returned; `data` is null or
 * points to `length` bytes.
 */
int32_t picotuf_sink_write(struct picotuf_sink *sink, const uint8_t *data, size_t length);

/**
 * Opens a session, which starts with the stored root. The verdict may be null; it says what is
 * wrong with the options.
 *
 * # Safety
 * `options` is null or points to a struct as long as its size says; `session` and `verdict` are
 * null or point to variables.
 */
int32_t picotuf_session_open(const struct picotuf_session_options *options,
                             struct picotuf_session **session,
                             struct picotuf_verdict **verdict);

/**
 * Searches for a target: after the session is done, or before, and then once it is.
 *
 * # Safety
 * `session` is null or a session that was not closed; `target` is null or a text that ends with a
 * NUL byte.
 */
int32_t picotuf_session_find(struct picotuf_session *session, const char *target);

/**
 * Writes what the session needs next.
 *
 * # Safety
 * `session` is null or a session that was not closed; `step` is null or points to a struct whose
 * size is set.
 */
int32_t picotuf_session_step(struct picotuf_session *session, struct picotuf_step *step);

/**
 * Answers the step. After PICOTUF_REFUSED the step is the same, and another answer can be given:
 * the file of another mirror.
 *
 * # Safety
 * `session` is null or a session that was not closed; `data` is null or points to `length` bytes.
 */
int32_t picotuf_session_answer(struct picotuf_session *session,
                               int32_t answer,
                               const uint8_t *data,
                               size_t length);

/**
 * Reads the next bytes of the file of the target that was found last.
 *
 * # Safety
 * `session` is null or a session that was not closed; `data` is null or points to `length` bytes.
 */
int32_t picotuf_session_check(struct picotuf_session *session, const uint8_t *data, size_t length);

/**
 * Ends the file of the target. PICOTUF_OK: it is the signed one.
 *
 * # Safety
 * `session` is null or a session that was not closed.
 */
int32_t picotuf_session_finish(struct picotuf_session *session);

/**
 * Gives the verdict of the session so far, as its status too. It is not PICOTUF_OK before the
 * session is done.
 *
 * # Safety
 * `session` is null or a session that was not closed; `verdict` is null or points to a variable.
 */
int32_t picotuf_session_verdict(struct picotuf_session *session, struct picotuf_verdict **verdict);

/**
 * Closes the session that a variable points to, and sets the variable to null.
 *
 * # Safety
 * `session` is null or points to a variable, which is null or has a session that was not closed.
 */
int32_t picotuf_session_close(struct picotuf_session **session);

/**
 * Returns the verdict as JSON in one line, as docs/embedding.md describes it. The text lives as
 * long as the verdict. Null for no verdict.
 *
 * # Safety
 * `verdict` is null or a verdict that was not closed.
 */
const char *picotuf_verdict_json(const struct picotuf_verdict *verdict);

/**
 * Returns the stable code of the error, and an empty text where there is none. The text lives as
 * long as the verdict. Null for no verdict.
 *
 * # Safety
 * `verdict` is null or a verdict that was not closed.
 */
const char *picotuf_verdict_code(const struct picotuf_verdict *verdict);

/**
 * Returns what the error says, in one line, and an empty text where there is none. The text lives
 * as long as the verdict. Null for no verdict.
 *
 * # Safety
 * `verdict` is null or a verdict that was not closed.
 */
const char *picotuf_verdict_message(const struct picotuf_verdict *verdict);

/**
 * Closes the verdict that a variable points to, and sets the variable to null.
 *
 * # Safety
 * `verdict` is null or points to a variable, which is null or has a verdict that was not closed.
 */
int32_t picotuf_verdict_close(struct picotuf_verdict **verdict);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PICOTUF_H */
