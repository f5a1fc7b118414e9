// Activations, plain and gated, and their gradients.
#include "activations.h"

static void activation(apus_activation f, const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = scalar_activation(f, x[i]);
}

static void activation_backward(apus_activation f, const float *x, const float *dy, float *dx, bool accumulate,
                                size_t n) {
  for (size_t i = 0; i < n; i++) {
    float g = dy[i] * scalar_derivative(f, x[i]);
    dx[i] = accumulate ? dx[i] + g : g;
  }
}

static void gated(apus_activation f, const float *gate, const float *up, ptrdiff_t in_row, float *y, ptrdiff_t out_row,
                  size_t rows, size_t columns) {
  for (ptrdiff_t r = 0; r < (ptrdiff_t)rows; r++)
    for (size_t j = 0; j < columns; j++)
      y[r * out_row + j] = scalar_activation(f, gate[r * in_row + j]) * up[r * in_row + j];
}

static void gated_backward(apus_activation f, const float *gate, const float *up, ptrdiff_t in_row, const float *dy,
                           ptrdiff_t out_row, float *dgate, float *dup, size_t rows, size_t columns) {
  for (ptrdiff_t r = 0; r < (ptrdiff_t)rows; r++) {
    for (size_t j = 0; j < columns; j++) {
      float g = gate[r * in_row + j], u = up[r * in_row + j], d = dy[r * out_row + j];
      dgate[r * in_row + j] = d * u * scalar_derivative(f, g);
      dup[r * in_row + j] = d * scalar_activation(f, g);
    }
  }
}

void apus_fill_activation_scalar(apus_kernels *k) {
  k->activation = activation;
  k->activation_backward = activation_backward;
  k->gated = gated;
  k->gated_backward = gated_backward;
}
