// exp, tanh, erf and the logistic function over arrays, by the C library.
#include "activations.h"

static void map_exp(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = expf(x[i]);
}
static void map_tanh(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = tanhf(x[i]);
}
static void map_erf(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = erff(x[i]);
}
static void map_sigmoid(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = scalar_sigmoid(x[i]);
}

void apus_fill_functions_scalar(apus_kernels *k) {
  k->exp = map_exp;
  k->tanh = map_tanh;
  k->erf = map_erf;
  k->sigmoid = map_sigmoid;
}
