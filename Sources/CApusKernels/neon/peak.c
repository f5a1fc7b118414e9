#if defined(__aarch64__)
#include "vec.h"
#include "../vector/peak.h"
#pragma clang attribute pop
#endif
