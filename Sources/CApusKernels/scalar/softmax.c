// Softmax over rows and its derivative dx = y (dy - sum(y dy)), as plain loops.
#include <math.h>

#include "../families.h"

static void softmax(const float *x, float *y, size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, x += columns, y += columns) {
    float maximum = -INFINITY;
    double sum = 0;
    for (size_t j = 0; j < columns; j++) maximum = fmaxf(maximum, x[j]);
    for (size_t j = 0; j < columns; j++) sum += y[j] = expf(x[j] - maximum);
    for (size_t j = 0; j < columns; j++) y[j] = (float)(y[j] / sum);
  }
}

static void softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t columns) {
  for (size_t t = 0; t < rows; t++, y += columns, dy += columns, dx += columns) {
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += (double)y[j] * dy[j];
    for (size_t j = 0; j < columns; j++) dx[j] = (float)(y[j] * (dy[j] - sum));
  }
}

void apus_fill_softmax_scalar(apus_kernels *k) {
  k->softmax = softmax;
  k->softmax_backward = softmax_backward;
}
