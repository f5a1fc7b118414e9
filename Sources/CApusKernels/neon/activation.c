#if defined(__aarch64__)
#include "vec.h"
#include "../vector/activation.h"
#pragma clang attribute pop
#endif
