// bfloat16 and IEEE binary16, to and from float, rounding to nearest even.
#include "lanes.h"

INLINE vf vfrom_bfloat16(vh x) { return (vf)(__builtin_convertvector(x, vu) << 16); }

INLINE vh vto_bfloat16(vf x) {
  vu u = (vu)x;
  vu rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16;
  vu quiet = u >> 16 | 0x40;
  vi nan = x != x;
  return __builtin_convertvector(((vu)nan & quiet) | (~(vu)nan & rounded), vh);
}

// The last, partial vector goes through a buffer.
#define APUS_NARROW(name, convert)                               \
  static void name(const float *x, uint16_t *y, size_t n) {      \
    size_t i = 0;                                                \
    for (; i + W <= n; i += W) vstoreh(y + i, convert(vload(x + i))); \
    if (i == n) return;                                          \
    uint16_t last[W];                                            \
    vstoreh(last, convert(vload_n(x + i, n - i)));               \
    __builtin_memcpy(y + i, last, (n - i) * sizeof *last);       \
  }
#define APUS_WIDEN(name, convert)                                \
  static void name(const uint16_t *x, float *y, size_t n) {      \
    size_t i = 0;                                                \
    for (; i + W <= n; i += W) vstore(y + i, convert(vloadh(x + i))); \
    if (i == n) return;                                          \
    uint16_t last[W] = {0};                                      \
    __builtin_memcpy(last, x + i, (n - i) * sizeof *last);       \
    vstore_n(y + i, convert(vloadh(last)), n - i);               \
  }
APUS_NARROW(float_to_bfloat16, vto_bfloat16)
APUS_NARROW(float_to_float16, vto_half)
APUS_WIDEN(bfloat16_to_float, vfrom_bfloat16)
APUS_WIDEN(float16_to_float, vfrom_half)

void FILL(convert)(apus_kernels *k) {
  k->bfloat16_to_float = bfloat16_to_float;
  k->float_to_bfloat16 = float_to_bfloat16;
  k->float16_to_float = float16_to_float;
  k->float_to_float16 = float_to_float16;
}
