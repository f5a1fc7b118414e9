#if defined(__aarch64__)
#include "vec.h"
#include "../vector/rope.h"
#pragma clang attribute pop
#endif
