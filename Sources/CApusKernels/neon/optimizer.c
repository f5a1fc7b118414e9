#if defined(__aarch64__)
#include "vec.h"
#include "../vector/optimizer.h"
#pragma clang attribute pop
#endif
