/* Read before every file of QuickJS-ng (`-include`, scripts/build-js-engine.sh).
 *
 * QuickJS-ng switches its own limit of the C stack off where `__wasi__` is defined (update_stack_limit). Here the limit is
 * needed: without it, deep recursion runs into the end of the stack and the instance traps, instead of a `RangeError` that
 * names the line. The headers of libc are read first, since they ask for `__wasi__` too; afterwards it is not defined. What
 * QuickJS-ng needs beside it is covered by `EMSCRIPTEN`, which the crate's build sets.
 */
#include <alloca.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#undef __wasi__

/* QuickJS-ng measures depth by the address of the frame, in the stack that lies in memory. The machine's own stack, which the
 * host limits, is another one, and functions that keep all they have in registers take nothing of the first: JSON nested a
 * hundred thousand times would end in a trap. So each function that asks for its depth takes some bytes, too.
 * `STACK_BYTES` in src/vm.rs and `WASM_STACK_BYTES` in the host's config.rs belong to this number.
 */
#define DEPTH_BYTES 128
#define __builtin_frame_address(level) \
    (__extension__({ char depth[DEPTH_BYTES]; __asm__ volatile("" : : "r"(depth) : "memory"); (void *)depth; }))

/* The parser's functions call each other a dozen deep for one level of source, and keep nearly all they have in registers. Those
 * that every level passes take room here and ask; js/engine/quickjs.patch puts this into them.
 */
#define PARSER_DEPTH(state, bytes) \
    char parser_depth[bytes]; \
    __asm__ volatile("" : : "r"(parser_depth) : "memory"); \
    if (js_check_stack_overflow((state)->ctx->rt, 0)) { \
        JS_ThrowStackOverflow((state)->ctx); \
        return -1; \
    }
