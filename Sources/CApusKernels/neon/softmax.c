#if defined(__aarch64__)
#include "vec.h"
#include "../vector/softmax.h"
#pragma clang attribute pop
#endif
