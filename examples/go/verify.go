// Verifies a local file as a target of a TUF repository.
//
//	go build verify.go && ./verify ROOT METADATA TARGET FILE
package main

// #cgo pkg-config: picotuf
// #include <picotuf.h>
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"os"
	"strconv"
	"unsafe"
)

// verify returns the verdict as JSON, and an error if the file is not the signed one. root is the
// root metadata, which comes with the program; now is 0 for the system's clock.
func verify(root []byte, metadata, trusted, target, file string, now int64) (string, error) {
	bytes, url, folder := C.CBytes(root), C.CString(metadata), C.CString(trusted)
	path, name := C.CString(target), C.CString(file)
	defer C.free(bytes)
	for _, text := range []*C.char{url, folder, path, name} {
		defer C.free(unsafe.Pointer(text))
	}
	options := C.picotuf_client_options{
		size: C.sizeof_picotuf_client_options, now: C.int64_t(now),
		root: (*C.uint8_t)(bytes), root_size: C.size_t(len(root)),
		metadata_url: url, metadata_dir: folder,
	}
	var verdict *C.picotuf_verdict
	defer C.picotuf_verdict_close(&verdict)
	if C.picotuf_verify_file(&options, path, name, &verdict) != C.PICOTUF_OK {
		return "", fmt.Errorf("%s: %s [%s]", file, C.GoString(C.picotuf_verdict_message(verdict)),
			C.GoString(C.picotuf_verdict_code(verdict)))
	}
	return C.GoString(C.picotuf_verdict_json(verdict)), nil
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: verify ROOT METADATA TARGET FILE")
		os.Exit(2)
	}
	// The demo's metadata is of one day.
	now, _ := strconv.ParseInt(os.Getenv("DEMO_TIME"), 10, 64)
	verdict := ""
	root, err := os.ReadFile(os.Args[1])
	if err == nil {
		verdict, err = verify(root, os.Args[2], "trusted", os.Args[3], os.Args[4], now)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(verdict)
}
