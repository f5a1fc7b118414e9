// From the numbers of a file to float: plain ones, 8-bit floats and ggml's blocks, at any alignment. The bits are those
// of gguf-py's quants.py: every product and difference is rounded by itself.
#include "blocks.h"

#include <string.h>

static void unpack_Q4_0(const uint8_t *b, float *y) {
  float d = apus_half_at(b);
  for (int i = 0; i < 16; i++) {
    y[i] = d * (float)((b[2 + i] & 15) - 8);
    y[16 + i] = d * (float)((b[2 + i] >> 4) - 8);
  }
}

static void unpack_Q4_1(const uint8_t *b, float *y) {
  float d = apus_half_at(b), m = apus_half_at(b + 2);
  for (int i = 0; i < 16; i++) {
    y[i] = d * (float)(b[4 + i] & 15) + m;
    y[16 + i] = d * (float)(b[4 + i] >> 4) + m;
  }
}

static void unpack_Q5_0(const uint8_t *b, float *y) {
  float d = apus_half_at(b);
  uint32_t high = apus_load32(b + 2);
  for (int i = 0; i < 16; i++) {
    y[i] = d * (float)((int)((b[6 + i] & 15) | (high >> i & 1) << 4) - 16);
    y[16 + i] = d * (float)((int)(b[6 + i] >> 4 | (high >> (16 + i) & 1) << 4) - 16);
  }
}

static void unpack_Q5_1(const uint8_t *b, float *y) {
  float d = apus_half_at(b), m = apus_half_at(b + 2);
  uint32_t high = apus_load32(b + 4);
  for (int i = 0; i < 16; i++) {
    y[i] = d * (float)((b[8 + i] & 15) | (high >> i & 1) << 4) + m;
    y[16 + i] = d * (float)(b[8 + i] >> 4 | (high >> (16 + i) & 1) << 4) + m;
  }
}

static void unpack_Q8_0(const uint8_t *b, float *y) {
  float d = apus_half_at(b);
  for (int i = 0; i < 32; i++) y[i] = (float)(int8_t)b[2 + i] * d;
}

// 4 bits of scale and 4 of minimum for each 16; 2 bits a number, four runs of 32 in each half.
static void unpack_Q2_K(const uint8_t *b, float *y) {
  float d = apus_half_at(b + 80), m = apus_half_at(b + 82);
  for (int i = 0; i < 256; i++) {
    int half = i / 128, shift = i / 32 % 4 * 2;
    float scale = d * (float)(b[i / 16] & 15), minimum = m * (float)(b[i / 16] >> 4);
    y[i] = scale * (float)(b[16 + 32 * half + i % 32] >> shift & 3) - minimum;
  }
}

// As Q2_K, with a third bit in a mask; where it is not set, 4 is taken away.
static void unpack_Q3_K(const uint8_t *b, float *y) {
  int8_t scales[16];
  apus_scales_k3(b + 96, scales);
  float d = apus_half_at(b + 108);
  for (int i = 0; i < 256; i++) {
    int half = i / 128, shift = i / 32 % 4 * 2;
    int low = b[32 + 32 * half + i % 32] >> shift & 3, high = b[i % 32] >> (i / 32) & 1;
    y[i] = d * (float)scales[i / 16] * (float)(low - (high ? 0 : 4));
  }
}

// Scales and minima for each 32; 4 bits a number, the lower halves of 32 bytes before the upper.
static void unpack_Q4_K(const uint8_t *b, float *y) {
  uint8_t scales[8], minima[8];
  apus_scales_k4(b + 4, scales, minima);
  float d = apus_half_at(b), m = apus_half_at(b + 2);
  for (int i = 0; i < 256; i++) {
    int q = b[16 + i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 15;
    y[i] = d * (float)scales[i / 32] * (float)q - m * (float)minima[i / 32];
  }
}

// As Q4_K, with a fifth bit in a mask.
static void unpack_Q5_K(const uint8_t *b, float *y) {
  uint8_t scales[8], minima[8];
  apus_scales_k4(b + 4, scales, minima);
  float d = apus_half_at(b), m = apus_half_at(b + 2);
  for (int i = 0; i < 256; i++) {
    int low = b[48 + i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 15, high = b[16 + i % 32] >> (i / 32) & 1;
    y[i] = d * (float)scales[i / 32] * (float)(low | high << 4) - m * (float)minima[i / 32];
  }
}

// A signed 8-bit scale for each 16; the lower 4 bits of 64 numbers by halves in 32 bytes twice, the upper 2 of 128 in
// 32.
static void unpack_Q6_K(const uint8_t *b, float *y) {
  float d = apus_half_at(b + 208);
  for (int i = 0; i < 256; i++) {
    int half = i / 128, run = i / 32 % 4;
    int low = b[64 * half + run % 2 * 32 + i % 32] >> (run / 2 * 4) & 15;
    int high = b[128 + 32 * half + i % 32] >> (2 * run) & 3;
    y[i] = d * (float)(int8_t)b[192 + i / 16] * (float)((low | high << 4) - 32);
  }
}

static void unpack_IQ4_NL(const uint8_t *b, float *y) {
  static const float levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  float d = apus_half_at(b);
  for (int i = 0; i < 16; i++) {
    y[i] = d * levels[b[2 + i] & 15];
    y[16 + i] = d * levels[b[2 + i] >> 4];
  }
}

// 4 exponent bits, 3 of fraction, no infinities (OCP's E4M3).
static float float8_e4m3(uint8_t x) {
  uint32_t sign = (uint32_t)(x & 0x80) << 24, exponent = x >> 3 & 15, fraction = x & 7;
  if ((x & 0x7f) == 0x7f) return apus_float(sign | 0x7fc00000);
  if (exponent == 0) return apus_float(sign | apus_bits((float)fraction * 0x1p-9f));
  return apus_float(sign | (exponent + 120) << 23 | fraction << 20);
}

#define APUS_EACH(type, value)         \
  for (size_t i = 0; i < n; i++) {     \
    type x;                            \
    memcpy(&x, b + i * sizeof x, sizeof x); \
    y[i] = value;                      \
  }                                    \
  break

void apus_scalar_dequantize(apus_numbers type, const void *bytes, float *y, size_t n) {
  const uint8_t *b = bytes;
  switch (type) {
    case APUS_F32: memcpy(y, b, n * sizeof *y); break;
    case APUS_F16: APUS_EACH(uint16_t, apus_half_to_float(x));
    case APUS_BF16: APUS_EACH(uint16_t, apus_bfloat16_to_float(x));
    case APUS_F64: APUS_EACH(double, (float)x);
    case APUS_I8: APUS_EACH(int8_t, (float)x);
    case APUS_I16: APUS_EACH(int16_t, (float)x);
    case APUS_I32: APUS_EACH(int32_t, (float)x);
    case APUS_I64: APUS_EACH(int64_t, (float)x);
    case APUS_F8_E5M2: APUS_EACH(uint8_t, apus_half_to_float((uint16_t)(x << 8)));
    case APUS_F8_E4M3: APUS_EACH(uint8_t, float8_e4m3(x));
#define APUS_CASE(type, length, size) \
  case APUS_##type:                   \
    for (size_t i = 0; i + length <= n; i += length, b += size) unpack_##type(b, y + i); \
    break;
    APUS_BLOCK_TYPES(APUS_CASE)
  }
}

void apus_fill_blocks_scalar(apus_kernels *k) { k->dequantize = apus_scalar_dequantize; }
