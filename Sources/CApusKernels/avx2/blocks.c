#if defined(__x86_64__)
#include "vec.h"
#include "../vector/blocks.h"
#pragma clang attribute pop
#endif
