// What the plain and the vector versions of `blocks` share: the list of the block types and how their scales are
// packed.
#ifndef APUS_SCALAR_BLOCKS_H
#define APUS_SCALAR_BLOCKS_H

#include "../families.h"
#include "half.h"

// X(type, numbers of a block, bytes of a block). Layouts: ggml-common.h of ggml; the order of the arithmetic: gguf-py.
#define APUS_VECTOR_BLOCK_TYPES(X) \
  X(Q4_0, 32, 18)                  \
  X(Q4_1, 32, 20)                  \
  X(Q5_0, 32, 22)                  \
  X(Q5_1, 32, 24)                  \
  X(Q8_0, 32, 34)                  \
  X(Q2_K, 256, 84)                 \
  X(Q3_K, 256, 110)                \
  X(Q4_K, 256, 144)                \
  X(Q5_K, 256, 176)                \
  X(Q6_K, 256, 210)
#define APUS_BLOCK_TYPES(X)  \
  APUS_VECTOR_BLOCK_TYPES(X) \
  X(IQ4_NL, 32, 18)

// The plain version of the table's entry, for what a vector version leaves over.
void apus_scalar_dequantize(apus_numbers type, const void *bytes, float *y, size_t n);

static inline uint16_t apus_load16(const uint8_t *p) {
  uint16_t u;
  __builtin_memcpy(&u, p, 2);
  return u;
}
static inline uint32_t apus_load32(const uint8_t *p) {
  uint32_t u;
  __builtin_memcpy(&u, p, 4);
  return u;
}

static inline float apus_half_at(const uint8_t *p) { return apus_half_to_float(apus_load16(p)); }

// The eight 6-bit scales and minima of Q4_K and Q5_K, in 12 bytes: the low four of each in the lower bits of the first
// and the second four bytes, the others by halves in the third, with their upper two bits above the former.
static inline void apus_scales_k4(const uint8_t *p, uint8_t scales[8], uint8_t minima[8]) {
  uint32_t a = apus_load32(p), b = apus_load32(p + 4), c = apus_load32(p + 8);
  uint32_t s[2] = {a & 0x3f3f3f3f, (c & 0x0f0f0f0f) | (a >> 2 & 0x30303030)};
  uint32_t m[2] = {b & 0x3f3f3f3f, (c >> 4 & 0x0f0f0f0f) | (b >> 2 & 0x30303030)};
  __builtin_memcpy(scales, s, 8);
  __builtin_memcpy(minima, m, 8);
}

// The sixteen 6-bit scales of Q3_K, less 32: the lower four bits of 0-7 and 8-15 by halves in 8 bytes, the upper two of
// i in bits 2 (i / 4) of byte 8 + i % 4.
static inline void apus_scales_k3(const uint8_t *p, int8_t scales[16]) {
  for (int i = 0; i < 16; i++) {
    int low = i < 8 ? p[i] & 15 : p[i - 8] >> 4, high = p[8 + i % 4] >> 2 * (i / 4) & 3;
    scales[i] = (int8_t)((low | high << 4) - 32);
  }
}

#endif
