// bfloat16 and IEEE binary16, to and from float.
#include "../families.h"
#include "half.h"

static void bfloat16_to_float(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = apus_bfloat16_to_float(x[i]);
}
static void float_to_bfloat16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = apus_float_to_bfloat16(x[i]);
}
static void float16_to_float(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = apus_half_to_float(x[i]);
}
static void float_to_float16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = apus_float_to_half(x[i]);
}

void apus_fill_convert_scalar(apus_kernels *k) {
  k->bfloat16_to_float = bfloat16_to_float;
  k->float_to_bfloat16 = float_to_bfloat16;
  k->float16_to_float = float16_to_float;
  k->float_to_float16 = float_to_float16;
}
