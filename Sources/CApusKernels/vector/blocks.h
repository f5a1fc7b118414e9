// From the numbers of a file to float. Every product and difference is rounded by itself, as in the plain version,
// whose bits these are. Left to that is what is rare (integers, 8-bit floats), what does not fill a vector, and IQ4_NL,
// where each number is looked up.
#include "../scalar/blocks.h"
#include "lanes.h"

typedef uint8_t vbytes __attribute__((vector_size(W)));
typedef int8_t vsbytes __attribute__((vector_size(W)));
typedef uint8_t vbytes_unaligned __attribute__((vector_size(W), aligned(1)));
typedef uint16_t vh_anywhere __attribute__((vector_size(W * 2), aligned(1)));

// W bytes, each in a lane.
INLINE vi vloadbytes(const uint8_t *p) { return __builtin_convertvector(*(const vbytes_unaligned *)p, vi); }
INLINE vi vloadsigned(const uint8_t *p) {
  return __builtin_convertvector((vsbytes)*(const vbytes_unaligned *)p, vi);
}
// A half-precision number in all lanes.
INLINE vf vhalf_at(const uint8_t *p) { return vfrom_half((vh){0} + apus_load16(p)); }

// Bit i of `bits` in lane i, as 16 or 0.
INLINE vi vfifth_bit(uint32_t bits) {
  vu lane;
#pragma clang loop unroll(full)
  for (int i = 0; i < W; i++) lane[i] = (uint32_t)i;
  return (vi)((((vu){0} + bits) >> lane & 1) << 4);
}

INLINE void unpack_Q8_0(const uint8_t *b, float *y) {
  vf d = vhalf_at(b);
#pragma clang loop unroll(full)
  for (int i = 0; i < 32; i += W) vstore(y + i, vtof(vloadsigned(b + 2 + i)) * d);
}

INLINE void unpack_Q4_0(const uint8_t *b, float *y) {
  vf d = vhalf_at(b);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += W) {
    vi q = vloadbytes(b + 2 + i);
    vstore(y + i, d * vtof((q & 15) - 8));
    vstore(y + 16 + i, d * vtof((q >> 4) - 8));
  }
}

INLINE void unpack_Q4_1(const uint8_t *b, float *y) {
  vf d = vhalf_at(b), m = vhalf_at(b + 2);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += W) {
    vi q = vloadbytes(b + 4 + i);
    vstore(y + i, d * vtof(q & 15) + m);
    vstore(y + 16 + i, d * vtof(q >> 4) + m);
  }
}

INLINE void unpack_Q5_0(const uint8_t *b, float *y) {
  vf d = vhalf_at(b);
  uint32_t high = apus_load32(b + 2);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += W) {
    vi q = vloadbytes(b + 6 + i);
    vstore(y + i, d * vtof(((q & 15) | vfifth_bit(high >> i)) - 16));
    vstore(y + 16 + i, d * vtof((q >> 4 | vfifth_bit(high >> (16 + i))) - 16));
  }
}

INLINE void unpack_Q5_1(const uint8_t *b, float *y) {
  vf d = vhalf_at(b), m = vhalf_at(b + 2);
  uint32_t high = apus_load32(b + 4);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += W) {
    vi q = vloadbytes(b + 8 + i);
    vstore(y + i, d * vtof((q & 15) | vfifth_bit(high >> i)) + m);
    vstore(y + 16 + i, d * vtof(q >> 4 | vfifth_bit(high >> (16 + i))) + m);
  }
}

INLINE void unpack_Q2_K(const uint8_t *b, float *y) {
  float d = apus_half_at(b + 80), m = apus_half_at(b + 82), scales[16], minima[16];
  for (int i = 0; i < 16; i++) scales[i] = d * (float)(b[i] & 15);
  for (int i = 0; i < 16; i++) minima[i] = m * (float)(b[i] >> 4);
  for (int half = 0; half < 2; half++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 32; i += W) {
      vi q = vloadbytes(b + 16 + 32 * half + i);
#pragma clang loop unroll(full)
      for (int run = 0; run < 4; run++) {
        int first = 128 * half + 32 * run + i;
        vstore(y + first, vset(scales[first / 16]) * vtof(q >> 2 * run & 3) - vset(minima[first / 16]));
      }
    }
}

INLINE void unpack_Q3_K(const uint8_t *b, float *y) {
  int8_t whole[16];
  apus_scales_k3(b + 96, whole);
  float d = apus_half_at(b + 108), scales[16];
  for (int i = 0; i < 16; i++) scales[i] = d * (float)whole[i];
  for (int half = 0; half < 2; half++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 32; i += W) {
      vi q = vloadbytes(b + 32 + 32 * half + i), mask = vloadbytes(b + i) >> 4 * half;
#pragma clang loop unroll(full)
      for (int run = 0; run < 4; run++) {
        int first = 128 * half + 32 * run + i;
        vi value = ((q >> 2 * run & 3) | (mask >> run & 1) << 2) - 4;
        vstore(y + first, vset(scales[first / 16]) * vtof(value));
      }
    }
}

// The scales and minima of Q4_K and Q5_K, multiplied out.
INLINE void scales_k4(const uint8_t *b, float scales[8], float minima[8]) {
  uint8_t s[8], t[8];
  apus_scales_k4(b + 4, s, t);
  float d = apus_half_at(b), m = apus_half_at(b + 2);
  for (int i = 0; i < 8; i++) scales[i] = d * (float)s[i];
  for (int i = 0; i < 8; i++) minima[i] = m * (float)t[i];
}

INLINE void unpack_Q4_K(const uint8_t *b, float *y) {
  float scales[8], minima[8];
  scales_k4(b, scales, minima);
  for (int run = 0; run < 8; run += 2) {
    vf low = vset(scales[run]), high = vset(scales[run + 1]);
    vf low_minimum = vset(minima[run]), high_minimum = vset(minima[run + 1]);
#pragma clang loop unroll(full)
    for (int i = 0; i < 32; i += W) {
      vi q = vloadbytes(b + 16 + 16 * run + i);
      vstore(y + 32 * run + i, low * vtof(q & 15) - low_minimum);
      vstore(y + 32 * run + 32 + i, high * vtof(q >> 4) - high_minimum);
    }
  }
}

INLINE void unpack_Q5_K(const uint8_t *b, float *y) {
  float scales[8], minima[8];
  scales_k4(b, scales, minima);
#pragma clang loop unroll(full)
  for (int i = 0; i < 32; i += W) {
    vi fifth = vloadbytes(b + 16 + i);
#pragma clang loop unroll(full)
    for (int run = 0; run < 8; run += 2) {
      vi q = vloadbytes(b + 48 + 16 * run + i);
      vi low = (q & 15) | (fifth >> run & 1) << 4, high = q >> 4 | (fifth >> (run + 1) & 1) << 4;
      vstore(y + 32 * run + i, vset(scales[run]) * vtof(low) - vset(minima[run]));
      vstore(y + 32 * run + 32 + i, vset(scales[run + 1]) * vtof(high) - vset(minima[run + 1]));
    }
  }
}

INLINE void unpack_Q6_K(const uint8_t *b, float *y) {
  float d = apus_half_at(b + 208), scales[16];
  for (int i = 0; i < 16; i++) scales[i] = d * (float)(int8_t)b[192 + i];
  for (int half = 0; half < 2; half++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 32; i += W) {
      vi high = vloadbytes(b + 128 + 32 * half + i);
      vi even = vloadbytes(b + 64 * half + i), odd = vloadbytes(b + 64 * half + 32 + i);
      vi low[4] = {even & 15, odd & 15, even >> 4, odd >> 4};
#pragma clang loop unroll(full)
      for (int run = 0; run < 4; run++) {
        int first = 128 * half + 32 * run + i;
        vi value = (low[run] | (high >> 2 * run & 3) << 4) - 32;
        vstore(y + first, vset(scales[first / 16]) * vtof(value));
      }
    }
}

// Whole vectors; the number of them done.
INLINE size_t widen_halves(const uint8_t *b, float *y, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) vstore(y + i, vfrom_half(*(const vh_anywhere *)(b + 2 * i)));
  return i;
}
INLINE size_t widen_bfloat16(const uint8_t *b, float *y, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) {
    vu u = __builtin_convertvector((vh)*(const vh_anywhere *)(b + 2 * i), vu);
    vstore(y + i, (vf)(u << 16));
  }
  return i;
}

#define APUS_BLOCKS_CASE(type, length, size) \
  case APUS_##type:                          \
    for (size_t i = 0; i + length <= n; i += length, b += size) unpack_##type(b, y + i); \
    return;
#define APUS_WIDEN_CASE(type, widen) \
  case APUS_##type: {                \
    size_t done = widen(b, y, n);    \
    apus_scalar_dequantize(APUS_##type, b + 2 * done, y + done, n - done); \
    return;                          \
  }

static void dequantize(apus_numbers type, const void *bytes, float *y, size_t n) {
  const uint8_t *b = bytes;
  switch (type) {
    APUS_VECTOR_BLOCK_TYPES(APUS_BLOCKS_CASE)
    APUS_WIDEN_CASE(F16, widen_halves)
    APUS_WIDEN_CASE(BF16, widen_bfloat16)
    default: apus_scalar_dequantize(type, bytes, y, n);
  }
}

void FILL(blocks)(apus_kernels *k) { k->dequantize = dequantize; }
