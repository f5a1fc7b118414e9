// AVX2 with FMA and F16C: 8 lanes. Opens the target attribute; a file that includes this ends with `attribute pop`.
#include <immintrin.h>

#include "../families.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)

#define W 8
#define ISA avx2

#define NV 2
#define MR 6
#define APUS_TILE_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)

#include "../vector/lanes.h"

// All ones in the first n lanes, 0 <= n <= W.
INLINE vi vfirst(size_t n) { return (vi){0, 1, 2, 3, 4, 5, 6, 7} < (int32_t)n; }
// The first n lanes from memory, zero beyond; nothing beyond is touched.
INLINE vf vload_n(const float *p, size_t n) { return _mm256_maskload_ps(p, (__m256i)vfirst(n)); }
INLINE void vstore_n(float *p, vf x, size_t n) { _mm256_maskstore_ps(p, (__m256i)vfirst(n), x); }

// Transposes 8 vectors: pairs, fours, then halves, since interleaving across the halves would take twice the shuffles.
INLINE void vtranspose(vf rows[W]) {
  vf pairs[W], fours[W];
  for (int i = 0; i < W; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < W; i += 4) {
    for (int j = 0; j < 2; j++) {
      __m256d low = (__m256d)pairs[i + j], high = (__m256d)pairs[i + j + 2];
      fours[i + 2 * j] = (vf)_mm256_unpacklo_pd(low, high);
      fours[i + 2 * j + 1] = (vf)_mm256_unpackhi_pd(low, high);
    }
  }
  for (int i = 0; i < W / 2; i++) {
    rows[i] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31);
  }
}

// As the instruction: the second operand where either is NaN.
INLINE vf vmax(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf vmin(vf a, vf b) { return _mm256_min_ps(a, b); }
INLINE vf vselect(vi mask, vf yes, vf no) { return _mm256_blendv_ps(no, yes, (vf)mask); }

INLINE vf vfrom_half(vh x) { return _mm256_cvtph_ps((__m128i)x); }
INLINE vh vto_half(vf x) { return (vh)_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT); }
