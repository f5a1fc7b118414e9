// Sums and scalings of arrays.
#include "../families.h"

static void add(const float *a, const float *b, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}
static void scale(const float *x, float s, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = s * x[i];
}
static void multiply_add(const float *x, float s, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += s * x[i];
}
static double sum_of_squares(const float *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

void apus_fill_elementwise_scalar(apus_kernels *k) {
  k->add = add;
  k->scale = scale;
  k->multiply_add = multiply_add;
  k->sum_of_squares = sum_of_squares;
}
