#if defined(__aarch64__)
#include "vec.h"
#include "../vector/norm.h"
#pragma clang attribute pop
#endif
