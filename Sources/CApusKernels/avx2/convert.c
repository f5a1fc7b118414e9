#if defined(__x86_64__)
#include "vec.h"
#include "../vector/convert.h"
#pragma clang attribute pop
#endif
