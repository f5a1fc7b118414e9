// AVX-512 F, BW, DQ and VL: 16 lanes. Opens the target attribute; a file that includes this ends with `attribute pop`.
#include <immintrin.h>

#include "../families.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2"))), apply_to = function)

#define W 16
#define ISA avx512
#define VINTERLEAVE_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define VINTERLEAVE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

#define NV 2
#define MR 12
#define APUS_TILE_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)

#include "../vector/lanes.h"

INLINE __mmask16 vmask(size_t n) { return (__mmask16)_bzhi_u32(0xffff, (uint32_t)n); }
// All ones in the first n lanes, 0 <= n <= W.
INLINE vi vfirst(size_t n) { return (vi)_mm512_movm_epi32(vmask(n)); }
// The first n lanes from memory, zero beyond; nothing beyond is touched.
INLINE vf vload_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vmask(n), p); }
INLINE void vstore_n(float *p, vf x, size_t n) { _mm512_mask_storeu_ps(p, vmask(n), x); }

// As the instruction: the second operand where either is NaN.
INLINE vf vmax(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf vmin(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf vselect(vi mask, vf yes, vf no) { return _mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), no, yes); }

INLINE vf vfrom_half(vh x) { return _mm512_cvtph_ps((__m256i)x); }
INLINE vh vto_half(vf x) { return (vh)_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT); }
