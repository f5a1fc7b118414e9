// From float to the numbers of a file, with the rounding of gguf-py (quants.py), step by step in single precision: the
// scale that numbers are divided by is not yet rounded to half precision. Infinities and NaN give some number, no trap.
#include <math.h>
#include <string.h>

#include "blocks.h"

static void store16(uint8_t *b, uint16_t u) { memcpy(b, &u, 2); }
static void store_half(uint8_t *b, float x) { store16(b, apus_float_to_half(x)); }

static float reciprocal(float x) { return x == 0 ? 0 : 1 / x; }

// Cut to a whole number between 0 and `most`.
static uint32_t whole(float x, float most) { return x >= most ? (uint32_t)most : x > 0 ? (uint32_t)x : 0; }

// The number of the greatest magnitude, the first of several.
static float extreme(const float *x, size_t n) {
  float found = x[0];
  for (size_t i = 1; i < n; i++)
    if (fabsf(x[i]) > fabsf(found)) found = x[i];
  return found;
}

// Halves are rounded away from zero, as by C's roundf, but by gguf-py's steps.
static int8_t rounded(float x) {
  float a = fabsf(x), down = floorf(a), near = down + floorf(2 * (a - down));
  int magnitude = (int)whole(near, 127);
  return (int8_t)(x < 0 ? -magnitude : magnitude);
}

static void pack_Q8_0(const float *x, uint8_t *b) {
  float d = fabsf(extreme(x, 32)) / 127, inverse = reciprocal(d);
  store_half(b, d);
  for (int i = 0; i < 32; i++) b[2 + i] = (uint8_t)rounded(x[i] * inverse);
}

// 4 bits a number by halves in 16 bytes; the fifth bits, where there are some, in a mask before.
static void store_nibbles(const uint32_t q[32], uint8_t *b) {
  for (int i = 0; i < 16; i++) b[i] = (uint8_t)((q[i] & 15) | (q[16 + i] & 15) << 4);
}
static void store_fives(const uint32_t q[32], uint8_t *b) {
  uint32_t high = 0;
  for (int i = 0; i < 32; i++) high |= (q[i] >> 4) << i;
  memcpy(b, &high, 4);
  store_nibbles(q, b + 4);
}

// Steps from -`half` to `half` - 1, of which the extreme number is the lowest.
static void steps(const float *x, uint8_t *b, float half, uint32_t q[32]) {
  float d = extreme(x, 32) / -half, inverse = reciprocal(d);
  store_half(b, d);
  for (int i = 0; i < 32; i++) q[i] = whole(x[i] * inverse + (half + 0.5f), 2 * half - 1);
}

// Steps from 0 to `most` above the least number.
static void steps_above(const float *x, uint8_t *b, float most, uint32_t q[32]) {
  float low = x[0], high = x[0];
  for (int i = 1; i < 32; i++) {
    if (x[i] < low) low = x[i];
    if (x[i] > high) high = x[i];
  }
  float d = (high - low) / most, inverse = reciprocal(d);
  store_half(b, d);
  store_half(b + 2, low);
  for (int i = 0; i < 32; i++) q[i] = whole((x[i] - low) * inverse + 0.5f, most);
}

static void pack_Q4_0(const float *x, uint8_t *b) {
  uint32_t q[32];
  steps(x, b, 8, q);
  store_nibbles(q, b + 2);
}
static void pack_Q5_0(const float *x, uint8_t *b) {
  uint32_t q[32];
  steps(x, b, 16, q);
  store_fives(q, b + 2);
}
static void pack_Q4_1(const float *x, uint8_t *b) {
  uint32_t q[32];
  steps_above(x, b, 15, q);
  store_nibbles(q, b + 4);
}
static void pack_Q5_1(const float *x, uint8_t *b) {
  uint32_t q[32];
  steps_above(x, b, 31, q);
  store_fives(q, b + 4);
}

#define APUS_PACK(type, size) \
  case APUS_##type:           \
    for (size_t i = 0; i + 32 <= n; i += 32, b += size) pack_##type(x + i, b); \
    return true;

static bool quantize(apus_numbers type, const float *x, void *bytes, size_t n) {
  uint8_t *b = bytes;
  switch (type) {
    case APUS_F32: memcpy(b, x, n * sizeof *x); return true;
    case APUS_F16:
      for (size_t i = 0; i < n; i++) store_half(b + 2 * i, x[i]);
      return true;
    case APUS_BF16:
      for (size_t i = 0; i < n; i++) store16(b + 2 * i, apus_float_to_bfloat16(x[i]));
      return true;
    APUS_PACK(Q8_0, 34)
    APUS_PACK(Q4_0, 18)
    APUS_PACK(Q4_1, 20)
    APUS_PACK(Q5_0, 22)
    APUS_PACK(Q5_1, 24)
    default: return false;
  }
}

void apus_fill_quantize_scalar(apus_kernels *k) { k->quantize = quantize; }
