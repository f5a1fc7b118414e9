#if defined(__aarch64__)
#include "vec.h"
#include "../vector/attention.h"
#pragma clang attribute pop
#endif
