#if defined(__aarch64__)
#include "vec.h"
#include "../vector/product.h"
#pragma clang attribute pop
#endif
