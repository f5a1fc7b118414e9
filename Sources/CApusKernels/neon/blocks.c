#if defined(__aarch64__)
#include "vec.h"
#include "../vector/blocks.h"
#pragma clang attribute pop
#endif
