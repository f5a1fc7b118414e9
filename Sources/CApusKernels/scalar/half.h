// bfloat16 and IEEE binary16, to and from float, rounding to nearest even, by integer arithmetic.
#ifndef APUS_SCALAR_HALF_H
#define APUS_SCALAR_HALF_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t apus_bits(float x) {
  uint32_t u;
  __builtin_memcpy(&u, &x, 4);
  return u;
}
static inline float apus_float(uint32_t u) {
  float x;
  __builtin_memcpy(&x, &u, 4);
  return x;
}

static inline float apus_bfloat16_to_float(uint16_t x) { return apus_float((uint32_t)x << 16); }

static inline uint16_t apus_float_to_bfloat16(float x) {
  uint32_t u = apus_bits(x);
  bool nan = (u & 0x7fffffff) > 0x7f800000;
  return nan ? (uint16_t)(u >> 16 | 0x40) : (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static inline float apus_half_to_float(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
  if (exponent == 31) return apus_float(sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0));
  if (exponent == 0) return apus_float(sign | apus_bits((float)fraction * 0x1p-24f));
  return apus_float(sign | (exponent + 112) << 23 | fraction << 13);
}

static inline uint16_t apus_float_to_half(float x) {
  uint32_t u = apus_bits(x), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);  // rounds beyond 65504
  if (magnitude < 0x38800000) {                                   // below 2^-14: a multiple of 2^-24
    float rounded = apus_float(magnitude) + 0.5f;                 // 0.5 has a last place of 2^-24
    return (uint16_t)(sign | (apus_bits(rounded) - apus_bits(0.5f)));
  }
  uint32_t rebased = magnitude - (112u << 23);
  return (uint16_t)(sign | (rebased + 0xfff + (rebased >> 13 & 1)) >> 13);
}

#endif
