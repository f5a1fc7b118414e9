#if defined(__x86_64__)
#include "vec.h"
#include "../vector/cross_entropy.h"
#pragma clang attribute pop
#endif
