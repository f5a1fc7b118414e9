#if defined(__aarch64__)
#include "vec.h"
#include "../vector/functions.h"
#pragma clang attribute pop
#endif
