// bfloat16 and IEEE binary16, to and from float, rounding to nearest even, by integer arithmetic.
#include <string.h>

#include "../families.h"

static uint32_t bits_of(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return u;
}
static float float_of(uint32_t u) {
  float x;
  memcpy(&x, &u, 4);
  return x;
}

static void bfloat16_to_float(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = float_of((uint32_t)x[i] << 16);
}

static void float_to_bfloat16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t u = bits_of(x[i]);
    bool nan = (u & 0x7fffffff) > 0x7f800000;
    y[i] = nan ? (uint16_t)(u >> 16 | 0x40) : (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
}

static float half_to_float(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
  if (exponent == 31) return float_of(sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0));
  if (exponent == 0) return float_of(sign | bits_of((float)fraction * 0x1p-24f));
  return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

static uint16_t float_to_half(float x) {
  uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);  // rounds beyond 65504
  if (magnitude < 0x38800000) {                                   // below 2^-14: a multiple of 2^-24
    float rounded = float_of(magnitude) + 0.5f;                   // 0.5 has a last place of 2^-24
    return (uint16_t)(sign | (bits_of(rounded) - bits_of(0.5f)));
  }
  uint32_t rebased = magnitude - (112u << 23);
  return (uint16_t)(sign | (rebased + 0xfff + (rebased >> 13 & 1)) >> 13);
}

static void float16_to_float(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = half_to_float(x[i]);
}
static void float_to_float16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = float_to_half(x[i]);
}

void apus_fill_convert_scalar(apus_kernels *k) {
  k->bfloat16_to_float = bfloat16_to_float;
  k->float_to_bfloat16 = float_to_bfloat16;
  k->float16_to_float = float16_to_float;
  k->float_to_float16 = float_to_float16;
}
