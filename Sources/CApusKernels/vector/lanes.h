// What all vec.h share: vectors of W floats as clang vector extensions, on which + - * / < == & | << work lane by lane.
// A vec.h defines W, ISA and, for its instruction set, the operations that the extensions lack: vload_n, vstore_n,
// vmax, vmin, vselect, the half-precision conversions, vtranspose or the two index lists VINTERLEAVE_* to make it of
// (the low and the high halves of two vectors, lane by lane) and the shape of the product's tile: NV vectors by MR
// rows, APUS_TILE_ROWS(X) being X(1) to X(MR).
//
// Comparisons give a vi of all-ones or all-zeros lanes. Nothing contracts to a fused multiply-add by itself
// (-ffp-contract=off); vfma does. Reductions have one fixed order.
#ifndef APUS_LANES_H
#define APUS_LANES_H

// Vectors wider than a register are passed between functions here, but only between inlined ones.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float vf __attribute__((vector_size(W * 4)));
typedef int32_t vi __attribute__((vector_size(W * 4)));
typedef uint32_t vu __attribute__((vector_size(W * 4)));
typedef uint16_t vh __attribute__((vector_size(W * 2)));
typedef double vd __attribute__((vector_size(W * 8)));

typedef float vf_unaligned __attribute__((vector_size(W * 4), aligned(4)));
typedef int32_t vi_unaligned __attribute__((vector_size(W * 4), aligned(4)));
typedef uint16_t vh_unaligned __attribute__((vector_size(W * 2), aligned(2)));

#define INLINE static inline __attribute__((always_inline, unused))

// FN(add) is apus_avx2_add; FILL(product) is apus_fill_product_avx2.
#define APUS_PASTE3_(a, b, c) a##b##c
#define APUS_PASTE3(a, b, c) APUS_PASTE3_(a, b, c)
#define FN(name) APUS_PASTE3(APUS_PASTE3(apus_, ISA, _), name, )
#define FILL(family) APUS_PASTE3(APUS_PASTE3(apus_fill_, family, _), ISA, )

INLINE vf vset(float x) { return x - (vf){0}; }  // minus, since -0 + 0 is not -0
INLINE vi vseti(int32_t x) { return (vi){0} + x; }
INLINE vf vload(const float *p) { return *(const vf_unaligned *)p; }
INLINE void vstore(float *p, vf x) { *(vf_unaligned *)p = x; }
INLINE vi vloadi(const int32_t *p) { return *(const vi_unaligned *)p; }
INLINE vh vloadh(const uint16_t *p) { return *(const vh_unaligned *)p; }
INLINE void vstoreh(uint16_t *p, vh x) { *(vh_unaligned *)p = x; }

INLINE vf vfma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }  // a b + c, rounded once
INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }
INLINE vf vsqrt(vf x) { return __builtin_elementwise_sqrt(x); }
INLINE vf vround(vf x) { return __builtin_elementwise_roundeven(x); }
INLINE vi vtoi(vf x) { return __builtin_convertvector(x, vi); }  // truncates; undefined beyond int32
INLINE vf vtof(vi x) { return __builtin_convertvector(x, vf); }
INLINE vd vtod(vf x) { return __builtin_convertvector(x, vd); }
INLINE vf vcopysign(vf magnitude, vf sign) {
  return (vf)(((vi)magnitude & 0x7fffffff) | ((vi)sign & (int32_t)0x80000000));
}

// Sums neighbours in a tree: ((x0 + x1) + (x2 + x3)) + ...
INLINE float vsum(vf x) {
  float lanes[W];
  vstore(lanes, x);
  for (int width = 1; width < W; width *= 2)
    for (int i = 0; i < W; i += 2 * width) lanes[i] += lanes[i + width];
  return lanes[0];
}
INLINE double vsumd(vd x) {
  double lanes[W];
  for (int i = 0; i < W; i++) lanes[i] = x[i];
  for (int width = 1; width < W; width *= 2)
    for (int i = 0; i < W; i += 2 * width) lanes[i] += lanes[i + width];
  return lanes[0];
}
INLINE float vhmax(vf x) {
  float m = x[0];
  for (int i = 1; i < W; i++) m = x[i] > m ? x[i] : m;
  return m;
}

#ifdef VINTERLEAVE_LOW
// Transposes W vectors of W lanes: log2 W times, interleave the first half of the rows with the second.
INLINE void vtranspose(vf rows[W]) {
  for (int round = 1; round < W; round *= 2) {
    vf next[W];
#pragma clang loop unroll(full)
    for (int i = 0; i < W / 2; i++) {
      next[2 * i] = __builtin_shufflevector(rows[i], rows[i + W / 2], VINTERLEAVE_LOW);
      next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + W / 2], VINTERLEAVE_HIGH);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < W; i++) rows[i] = next[i];
  }
}
#endif

#endif
