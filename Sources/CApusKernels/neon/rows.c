#if defined(__aarch64__)
#include "vec.h"
#include "../vector/rows.h"
#pragma clang attribute pop
#endif
