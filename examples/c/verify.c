/* Verifies a local file as a target of a TUF repository.
 *
 *   cc verify.c $(pkg-config --cflags --libs picotuf) -o verify
 *   ./verify ROOT METADATA TARGET FILE
 */
#include <picotuf.h>
#include <stdio.h>
#include <stdlib.h>

/* The root metadata comes with the program: all trust starts with it. */
static unsigned char *read_root(const char *path, size_t *length) {
    static unsigned char root[512000];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    *length = fread(root, 1, sizeof root, file);
    fclose(file);
    return root;
}

int main(int count, char **words) {
    if (count != 5 || picotuf_abi_version() != PICOTUF_ABI_VERSION) {
        fprintf(stderr, "usage: verify ROOT METADATA TARGET FILE\n");
        return 2;
    }
    picotuf_client_options options = {0};
    options.size = sizeof options;
    options.root = read_root(words[1], &options.root_size);
    options.metadata_url = words[2]; /* A folder. A URL needs the member fetch, too. */
    options.metadata_dir = "trusted"; /* Keep it: older metadata is refused from then on. */
    const char *now = getenv("DEMO_TIME"); /* The demo's metadata is of one day. */
    options.now = now != NULL ? atoll(now) : 0; /* 0: the system's clock. */

    picotuf_verdict *verdict = NULL;
    int status = picotuf_verify_file(&options, words[3], words[4], &verdict);
    if (status == PICOTUF_OK) {
        printf("%s\n", picotuf_verdict_json(verdict));
    } else {
        fprintf(stderr, "%s: %s [%s]\n", words[4], picotuf_verdict_message(verdict),
                picotuf_verdict_code(verdict));
    }
    picotuf_verdict_close(&verdict);
    return status;
}
