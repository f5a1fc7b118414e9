#if defined(__aarch64__)
#include "vec.h"
#include "../vector/elementwise.h"
#pragma clang attribute pop
#endif
