// arm64 NEON, which every arm64 has: 4 lanes, by vector extensions alone. The attribute is a formality, so that the
// files of all instruction sets look alike: a file that includes this ends with `attribute pop`.
#include "../families.h"

#pragma clang attribute push(__attribute__((target("neon"))), apply_to = function)

#define W 4
#define ISA neon
#define VINTERLEAVE_LOW 0, 4, 1, 5
#define VINTERLEAVE_HIGH 2, 6, 3, 7

#define NV 3
#define MR 8
#define APUS_TILE_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

#include "../vector/lanes.h"

// All ones in the first n lanes, 0 <= n <= W.
INLINE vi vfirst(size_t n) { return (vi){0, 1, 2, 3} < (int32_t)n; }
// The first n lanes from memory, zero beyond; nothing beyond is touched.
INLINE vf vload_n(const float *p, size_t n) {
  vf x = {0};
  for (size_t i = 0; i < n && i < W; i++) x[i] = p[i];
  return x;
}
INLINE void vstore_n(float *p, vf x, size_t n) {
  for (size_t i = 0; i < n && i < W; i++) p[i] = x[i];
}

INLINE vf vselect(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
// The second operand where either is NaN, as on x86.
INLINE vf vmax(vf a, vf b) { return vselect(a > b, a, b); }
INLINE vf vmin(vf a, vf b) { return vselect(a < b, a, b); }

typedef _Float16 vhalf __attribute__((vector_size(W * 2)));
INLINE vf vfrom_half(vh x) { return __builtin_convertvector((vhalf)x, vf); }
INLINE vh vto_half(vf x) { return (vh)__builtin_convertvector(x, vhalf); }
