#if defined(__aarch64__)
#include "vec.h"
#include "../vector/dropout.h"
#pragma clang attribute pop
#endif
