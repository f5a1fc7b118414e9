#if defined(__aarch64__)
#include "vec.h"
#include "../vector/convert.h"
#pragma clang attribute pop
#endif
