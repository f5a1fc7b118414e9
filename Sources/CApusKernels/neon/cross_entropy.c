#if defined(__aarch64__)
#include "vec.h"
#include "../vector/cross_entropy.h"
#pragma clang attribute pop
#endif
