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
